;; tries: offers a fix that cuts a character in two
;; expect: answer
(data (i32.const 1080) (i32 1200 1))
(data (i32.const 1200) (i32 2048 6) (i32 0) (i32 1232 1))
(data (i32.const 1232) (i32 0 7) (i32 2048 6))
