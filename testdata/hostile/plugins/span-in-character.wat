;; tries: reports a span that starts inside a character
;; expect: answer
(data (i32.const 1036) (i32 7 9))
