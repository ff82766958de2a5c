;; tries: answers with a thousand messages that are all the same 60,000 bytes
;; expect: answer
;; 1,000 findings from 65536 on, copied from the one at 1024.
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (local $at i32)
  (memory.fill (i32.const 4096) (i32.const 97) (i32.const 60000))
  (i32.store (i32.const 1052) (i32.const 4096))
  (i32.store (i32.const 1056) (i32.const 60000))
  (drop (memory.grow (i32.const 2)))
  (local.set $at (i32.const 65536))
  (loop $next
    (memory.copy (local.get $at) (i32.const 1024) (i32.const 84))
    (local.set $at (i32.add (local.get $at) (i32.const 84)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 149536))))
  (i32.const 128))
(data (i32.const 132) (i32 65536 1000))
