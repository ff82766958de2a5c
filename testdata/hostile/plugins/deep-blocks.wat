;; tries: has a function of 20,000 blocks in each other
;; expect: open
;; code: too_costly
(func {{repeat 20000 block }}{{repeat 20000 end }})
