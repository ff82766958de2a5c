;; tries: has a function of 45,000 local variables
;; expect: open
;; code: too_costly
(func (local {{repeat 45000  i32}}))
