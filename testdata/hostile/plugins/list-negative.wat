;; tries: gives a list a negative address
;; expect: answer
(data (i32.const 132) (i32 -16 1))
