;; tries: grows its memory by nothing for ever
;; expect: budget
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (loop $again
    (drop (memory.grow (i32.const 0)))
    (br $again))
  (unreachable))
