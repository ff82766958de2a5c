;; tries: gives up while starting
;; expect: trap
(func $fail (unreachable))
(start $fail)
