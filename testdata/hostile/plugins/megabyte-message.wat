;; tries: answers with a message of a megabyte
;; expect: answer
(memory (export "memory") 32)
(data (i32.const 1052) (i32 131072 1048576))
