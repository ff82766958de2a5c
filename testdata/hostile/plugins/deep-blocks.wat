;; tries: has a function of 20,000 blocks in each other
;; expect: open
(func {{repeat 20000 block }}{{repeat 20000 end }})
