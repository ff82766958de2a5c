;; tries: answers with 10,001 findings, each with other words
;; expect: cut
(memory (export "memory") 32)
(data (i32.const 132) (i32 65536 10001))
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (local $at i32) (local $text i32) (local $n i32)
  (local.set $at (i32.const 65536))
  (local.set $text (i32.const 1000000))
  (loop $next
    (memory.copy (local.get $at) (i32.const 1024) (i32.const 84))
    ;; The number as three characters from `0` on.
    (i32.store8 (local.get $text) (i32.add (i32.const 48) (i32.and (local.get $n) (i32.const 63))))
    (i32.store8 offset=1 (local.get $text)
      (i32.add (i32.const 48) (i32.and (i32.shr_u (local.get $n) (i32.const 6)) (i32.const 63))))
    (i32.store8 offset=2 (local.get $text)
      (i32.add (i32.const 48) (i32.shr_u (local.get $n) (i32.const 12))))
    (i32.store offset=28 (local.get $at) (local.get $text))
    (i32.store offset=32 (local.get $at) (i32.const 3))
    (local.set $text (i32.add (local.get $text) (i32.const 3)))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (local.set $at (i32.add (local.get $at) (i32.const 84)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 905620))))
  (i32.const 128))
