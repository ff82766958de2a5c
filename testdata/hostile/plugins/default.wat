;; The parts of a well-behaved plugin: it reports one finding on the first four bytes of each file, and one on
;; the first file of a project. A test plugin replaces the parts whose exports it has itself.
;;
;; Records are laid out by the canonical ABI; see `layout.md`.

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
