;; tries: reports a span that ends before it starts
;; expect: answer
(data (i32.const 1036) (i32 4 2))
