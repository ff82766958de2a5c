;; tries: reports a rule that was not asked for
;; expect: answer
(data (i32.const 1024) (i32 8))
