;; tries: answers with a fix of 3,000 edits
;; expect: answer
(data (i32.const 1080) (i32 1200 1))
(data (i32.const 1200) (i32 2048 6) (i32 0) (i32 4096 3000))
