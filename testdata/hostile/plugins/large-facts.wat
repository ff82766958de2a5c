;; tries: records two facts of 40,000 bytes
;; expect: cut
(data (i32.const 140) (i32 1200 2))
(data (i32.const 1200) (i32 2048 6 4096 40000 0 0 0) (i32 2048 6 4096 40000 0 0 0))
