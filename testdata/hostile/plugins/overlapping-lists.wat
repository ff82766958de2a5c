;; tries: answers with findings whose labels are all the same 2,000 labels
;; expect: answer
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (local $at i32)
  (drop (memory.grow (i32.const 2)))
  (local.set $at (i32.const 65536))
  (loop $next
    (memory.copy (local.get $at) (i32.const 1024) (i32.const 84))
    (local.set $at (i32.add (local.get $at) (i32.const 84)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 149536))))
  (i32.const 128))
(data (i32.const 132) (i32 65536 1000))
(data (i32.const 1072) (i32 4096 2000))       ;; labels: zeros, so empty ones
