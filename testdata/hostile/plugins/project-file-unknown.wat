;; tries: reports something in a file that was not among those of the project
;; expect: answer
;; call: check-project
(data (i32.const 1028) (i32 2))
