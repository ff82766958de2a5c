;; tries: answers with a text that is not UTF-8
;; expect: answer
(data (i32.const 2048) "a\ff\fe")
