;; tries: loops for ever while reading its rules
;; expect: budget
(func (export "configure") (param i32 i32) (result i32)
  (loop $again (br $again))
  (unreachable))
