;; tries: reports something without saying what
;; expect: answer
(data (i32.const 1052) (i32 0 0))
