;; tries: answers with 140,000 empty findings
;; expect: answer
(memory (export "memory") 200)
(data (i32.const 132) (i32 65536 140000))
