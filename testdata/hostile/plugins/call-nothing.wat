;; tries: calls an empty table element
;; expect: trap
(table 1 funcref)
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (call_indirect (result i32) (i32.const 0)))
