;; tries: loops for ever in its start function
;; expect: budget
(func $spin (loop $again (br $again)))
(start $spin)
