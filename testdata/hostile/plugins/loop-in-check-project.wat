;; tries: loops for ever over the project
;; expect: budget
;; call: check-project
(func (export "check-project") (param i32 i32 i32 i32) (result i32)
  (loop $again (br $again))
  (unreachable))
