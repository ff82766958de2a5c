;; tries: writes to a stream that it never got
;; expect: trap
;; host:
(core module $memory (memory (export "memory") 2))
(core instance $memory (instantiate $memory))
(import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
(alias export $error "error" (type $error))
(import "wasi:io/streams@0.2.0" (instance $streams
  (alias outer 1 $error (type $e))
  (export "error" (type $error (eq $e)))
  (export "output-stream" (type $output (sub resource)))
  (type $failure' (variant (case "last-operation-failed" (own $error)) (case "closed")))
  (export "stream-error" (type $failure (eq $failure')))
  (export "[method]output-stream.blocking-write-and-flush" (func
    (param "self" (borrow $output)) (param "contents" (list u8)) (result (result (error $failure)))))))
(alias export $streams "output-stream" (type $output))
(import "wasi:cli/stdout@0.2.0" (instance $stdout
  (alias outer 1 $output (type $o))
  (export "output-stream" (type $output (eq $o)))
  (export "get-stdout" (func (result (own $output))))))
(core func $get (canon lower (func $stdout "get-stdout")))
(core func $write (canon lower
  (func $streams "[method]output-stream.blocking-write-and-flush") (memory (core memory $memory "memory"))))
(core instance $host
  (export "memory" (memory $memory "memory")) (export "get" (func $get)) (export "write" (func $write)))
;; module:
(import "host" "memory" (memory 2))
(import "host" "get" (func $get (result i32)))
(import "host" "write" (func $write (param i32 i32 i32 i32)))
(export "memory" (memory 0))
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (local $stdout i32)
  (local.set $stdout (i32.const 77))
  (memory.fill (i32.const 4096) (i32.const 97) (i32.const 60000))
  (loop $again
    (call $write (local.get $stdout) (i32.const 4096) (i32.const 60000) (i32.const 512))
    (br $again))
  (unreachable))
