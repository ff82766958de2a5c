;; tries: answers with a finding that has 1,000 labels
;; expect: answer
(data (i32.const 1072) (i32 4096 1000))       ;; zeros: empty labels
