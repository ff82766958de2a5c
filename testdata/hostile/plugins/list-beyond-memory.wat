;; tries: claims more findings than its memory holds
;; expect: answer
(data (i32.const 132) (i32 1024 100000))
