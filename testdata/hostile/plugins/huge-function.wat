;; tries: has a function that would keep the compiler busy
;; expect: open
;; code: too_costly
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  {{repeat 40000 (drop (i32.const 1))}}
  (i32.const 128))
