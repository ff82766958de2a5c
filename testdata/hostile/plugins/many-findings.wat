;; tries: answers with 10,001 findings
;; expect: cut
(memory (export "memory") 32)
(data (i32.const 132) (i32 65536 10001))
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (local $at i32)
  (local.set $at (i32.const 65536))
  (loop $next
    (memory.copy (local.get $at) (i32.const 1024) (i32.const 84))
    (local.set $at (i32.add (local.get $at) (i32.const 84)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 905620))))
  (i32.const 128))
