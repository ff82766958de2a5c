;; tries: does not accept its rules
;; expect: configure
(data (i32.const 64) (i32 1) (i32 2048 6))
