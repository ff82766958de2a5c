;; tries: uses 64-bit memory
;; expect: open
;; code: invalid
(memory $large i64 1)
