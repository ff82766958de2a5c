;; tries: refuses a file in words that would clear the screen
;; expect: refused
(data (i32.const 128) (i32 1) (i32 2064 13))
(data (i32.const 2064) "no\1b[2J\n\07 such")
