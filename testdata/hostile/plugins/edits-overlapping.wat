;; tries: offers a fix whose edits overlap
;; expect: answer
(data (i32.const 1080) (i32 1200 1))
(data (i32.const 1200) (i32 2048 6) (i32 0) (i32 1232 2))
(data (i32.const 1232) (i32 0 4) (i32 2048 6) (i32 3 5) (i32 2048 6))
