;; tries: puts its answer behind the end of its memory
;; expect: answer
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 0x7ffffff0))
