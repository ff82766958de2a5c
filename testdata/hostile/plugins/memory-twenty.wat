;; tries: declares twenty memories
;; expect: open
{{repeat 20 (memory 1)}}
