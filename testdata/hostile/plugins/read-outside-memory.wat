;; tries: reads outside its memory
;; expect: trap
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.load (i32.const -4)))
