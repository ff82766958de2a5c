;; tries: puts its answer at an odd address
;; expect: answer
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 129))
