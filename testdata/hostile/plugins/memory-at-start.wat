;; tries: declares 4 GiB of memory
;; expect: memory
(memory (export "memory") 65536)
