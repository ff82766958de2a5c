;; tries: declares a table of five million elements
;; expect: memory
(table 5000000 funcref)
