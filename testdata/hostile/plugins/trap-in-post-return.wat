;; tries: answers, then gives up while cleaning up
;; expect: trap
(func (export "post-check") (param i32) (unreachable))
