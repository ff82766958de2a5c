;; tries: puts its findings at an odd address
;; expect: answer
(data (i32.const 132) (i32 1025 1))
