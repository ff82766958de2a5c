;; tries: claims two thousand million findings
;; expect: answer
(data (i32.const 132) (i32 1024 0x7fffffff))
