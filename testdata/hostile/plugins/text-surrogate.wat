;; tries: answers with a lone surrogate
;; expect: answer
(data (i32.const 2048) "\ed\a0\80abc")
