;; tries: loops for ever in a check
;; expect: budget
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (loop $again (br $again))
  (unreachable))
