;; tries: uses 64-bit memory
;; expect: open
(memory $large i64 1)
