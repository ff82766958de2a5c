;; tries: records sixteen facts of 40,000 bytes
;; expect: cut
(data (i32.const 140) (i32 1200 16))
(data (i32.const 1200) {{repeat 16 (i32 2048 6 4096 40000 0 0 0)}})
