;; tries: labels a place behind the end of the file
;; expect: answer
(data (i32.const 1072) (i32 1200 1))
(data (i32.const 1200) (i32 0 0 0) (i32 0 99) (i32 2048 6))
