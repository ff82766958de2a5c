;; tries: answers with an applicability that does not exist
;; expect: answer
(data (i32.const 1080) (i32 1200 1))          ;; one fix
(data (i32.const 1200) (i32 2048 6) (i32 9) (i32 0 0))
