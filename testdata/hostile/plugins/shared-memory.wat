;; tries: uses memory shared between threads
;; expect: open
(memory $shared 1 1 shared)
