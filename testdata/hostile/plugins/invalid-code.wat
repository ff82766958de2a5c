;; tries: holds code that does not typecheck
;; expect: open
;; code: invalid
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (f64.const 1))
