;; tries: reports a span at the end of the 32-bit range
;; expect: answer
(data (i32.const 1036) (i32 -2 -1))
