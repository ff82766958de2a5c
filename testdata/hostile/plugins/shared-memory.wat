;; tries: uses memory shared between threads
;; expect: open
;; code: invalid
(memory $shared 1 1 shared)
