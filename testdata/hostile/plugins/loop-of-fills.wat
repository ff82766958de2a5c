;; tries: fills memory over and over: few instructions, much work
;; expect: budget
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (loop $again
    (memory.fill (i32.const 65536) (i32.const 1) (i32.const 65536))
    (br $again))
  (unreachable))
