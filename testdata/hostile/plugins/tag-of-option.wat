;; tries: answers with an option that is neither there nor not
;; expect: answer
(data (i32.const 1032) (i32 255))
