;; tries: claims a message whose end wraps around
;; expect: answer
(data (i32.const 1052) (i32 -16 32))
