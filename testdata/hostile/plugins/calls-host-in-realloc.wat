;; tries: calls the host while the host asks for memory
;; expect: trap
;; host:
(import "wasi:cli/exit@0.2.3" (instance $exit (export "exit" (func (param "status" (result))))))
(core func $exit (canon lower (func $exit "exit")))
(core instance $host (export "exit" (func $exit)))
;; module:
(import "host" "exit" (func $exit (param i32)))
(global $heap (mut i32) (i32.const 65536))
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (call $exit (i32.const 0))
  (unreachable))
