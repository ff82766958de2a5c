;; tries: offers a fix behind the end of the file
;; expect: answer
(data (i32.const 1080) (i32 1200 1))
(data (i32.const 1200) (i32 2048 6) (i32 0) (i32 1232 1))
(data (i32.const 1232) (i32 0 99) (i32 2048 6))
