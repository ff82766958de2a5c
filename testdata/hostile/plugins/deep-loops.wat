;; tries: has a function of 2,500 loops in each other
;; expect: open
;; code: too_costly
(func (param i32) {{repeat 2500 loop }} {{repeat 2500 end }})
