;; tries: has a function of 900 local variables that meet at 9,000 places
;; expect: open
;; code: too_costly
(func (param i32) (local {{repeat 900  i32}})
  {{repeat 9000 (if (local.get 0) (then (local.set 1 (local.get 2))))}})
