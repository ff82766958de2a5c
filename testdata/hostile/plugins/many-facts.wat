;; tries: records 2,000 facts about a file
;; expect: cut
(data (i32.const 140) (i32 4096 2000))        ;; zeros: empty facts
