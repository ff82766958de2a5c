;; The parts of a well-behaved plugin: it reports one finding on the first four bytes of each file, and one on
;; the first file of a project. A plugin of this folder replaces a part by having the same export, or changes its
;; answers by data of its own, which comes later and so wins.
;;
;; The canonical ABI puts the fields of the finding at these addresses (an option is its tag and its value, a
;; list or string its address and length):
;;   1024 rule   1028 file   1032 span: tag start end   1044 node: tag value   1052 message   1060 help: tag text
;;   1072 labels   1080 fixes   1088 key: tag text   1100 data
;; The answer of `check` is at 128 tag, 132 findings, 140 facts; that of `check-project` at 192 tag, 196 findings.
;; Sizes: finding 84; fix 20 (title, applicability, edits); edit 16 (span, replacement); label 28 (path: tag text,
;; span, message); fact 28 (key, value, span: tag start end).

;; part: memory
(memory (export "memory") 2)

;; part: cabi_realloc
;; Hands out memory above 64 KiB, one piece after the other; `post-check` starts over.
(global $heap (mut i32) (i32.const 65536))
(func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
  (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
  (global.set $heap (i32.add (local.get $at) (local.get $size)))
  (loop $again
    (if (i32.gt_u (global.get $heap) (i32.shl (memory.size) (i32.const 16)))
      (then
        (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (unreachable)))
        (br $again))))
  (local.get $at))

;; part: configure
(func (export "configure") (param i32 i32) (result i32) (i32.const 64))

;; part: post-configure
(func (export "post-configure") (param i32) (global.set $heap (i32.const 65536)))

;; part: check
(func (export "check")
  (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 128))

;; part: post-check
(func (export "post-check") (param i32) (global.set $heap (i32.const 65536)))

;; part: check-project
(func (export "check-project") (param i32 i32 i32 i32) (result i32) (i32.const 192))

;; part: post-check-project
(func (export "post-check-project") (param i32) (global.set $heap (i32.const 65536)))

;; part: answers
;; `configure`: ok.
(data (i32.const 64) (i32 0 0 0))
;; `check`: ok, findings 1 at 1024, facts 0.
(data (i32.const 128) (i32 0) (i32 1024 1) (i32 0 0))
;; `check-project`: ok, findings 1 at 1024.
(data (i32.const 192) (i32 0) (i32 1024 1))
;; The finding: rule 7, file 0, span 0..4, node 0, message 6 bytes at 2048; no more.
(data (i32.const 1024)
  (i32 7) (i32 0) (i32 1 0 4) (i32 1 0) (i32 2048 6)
  (i32 0 0 0) (i32 0 0) (i32 0 0) (i32 0 0 0) (i32 0 0))
(data (i32.const 2048) "a word")
