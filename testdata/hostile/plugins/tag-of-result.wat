;; tries: answers with a result that is neither ok nor error
;; expect: answer
(data (i32.const 128) (i32 2))
