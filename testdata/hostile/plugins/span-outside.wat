;; tries: reports a span behind the end of the file
;; expect: answer
(data (i32.const 1036) (i32 10 1000))
