;; tries: calls the host while cleaning up
;; expect: trap
;; host:
(import "wasi:cli/exit@0.2.3" (instance $exit (export "exit" (func (param "status" (result))))))
(core func $exit (canon lower (func $exit "exit")))
(core instance $host (export "exit" (func $exit)))
;; module:
(import "host" "exit" (func $exit (param i32)))
(func (export "post-check") (param i32) (call $exit (i32.const 0)))
