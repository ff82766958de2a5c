;; tries: has a function that branches to 60,000 places
;; expect: open
;; code: too_costly
(func (param i32) (block (br_table {{repeat 60000 0 }} (local.get 0))))
