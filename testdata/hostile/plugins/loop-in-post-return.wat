;; tries: answers, then loops for ever while cleaning up
;; expect: budget
(func (export "post-check") (param i32) (loop $again (br $again)))
