;; tries: records 12,000 facts about a file
;; expect: cut
(memory (export "memory") 16)
(data (i32.const 140) (i32 524288 12000))     ;; zeros far above the heap: empty facts
