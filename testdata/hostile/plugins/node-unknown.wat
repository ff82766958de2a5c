;; tries: reports a node that does not exist
;; expect: answer
(data (i32.const 1048) (i32 2))
