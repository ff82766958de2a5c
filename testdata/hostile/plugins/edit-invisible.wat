;; tries: offers a fix that brings a bidirectional override into the file
;; expect: answer
(data (i32.const 1080) (i32 1200 1))
(data (i32.const 1200) (i32 2048 6) (i32 0) (i32 1232 1))
(data (i32.const 1232) (i32 0 4) (i32 2064 5))
(data (i32.const 2064) "a\e2\80\aeb")
