;; tries: claims a message that ends behind its memory
;; expect: answer
(data (i32.const 1052) (i32 2048 200000))
