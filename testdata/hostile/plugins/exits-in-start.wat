;; tries: ends the process while starting
;; expect: trap
;; host:
(import "wasi:cli/exit@0.2.3" (instance $exit (export "exit" (func (param "status" (result))))))
(core func $exit (canon lower (func $exit "exit")))
(core instance $host (export "exit" (func $exit)))
;; module:
(import "host" "exit" (func $exit (param i32)))
(func $leave (call $exit (i32.const 1)))
(start $leave)
