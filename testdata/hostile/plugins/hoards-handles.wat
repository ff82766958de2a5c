;; tries: opens its standard output over and over
;; expect: memory
;; host:
(import "wasi:io/streams@0.2.0" (instance $streams (export "output-stream" (type (sub resource)))))
(alias export $streams "output-stream" (type $output))
(import "wasi:cli/stdout@0.2.0" (instance $stdout
  (alias outer 1 $output (type $o))
  (export "output-stream" (type $output (eq $o)))
  (export "get-stdout" (func (result (own $output))))))
(core func $get (canon lower (func $stdout "get-stdout")))
(core instance $host (export "get" (func $get)))
;; module:
(import "host" "get" (func $get (result i32)))
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (loop $again
    (drop (call $get))
    (br $again))
  (unreachable))
