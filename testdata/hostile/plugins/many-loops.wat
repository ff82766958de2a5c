;; tries: has a function of 4,000 loops
;; expect: open
;; code: too_costly
(func (param i32) {{repeat 4000 (loop (br_if 0 (local.get 0)))}})
