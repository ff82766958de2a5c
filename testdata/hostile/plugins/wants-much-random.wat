;; tries: wants a terabyte of random bytes
;; expect: trap
;; host:
(core module $memory (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
(core instance $memory (instantiate $memory))
(import "wasi:random/random@0.2.0" (instance $random
  (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
(core func $bytes (canon lower (func $random "get-random-bytes")
  (memory (core memory $memory "memory")) (realloc (core func $memory "cabi_realloc"))))
(core instance $host (export "bytes" (func $bytes)))
;; module:
(import "host" "bytes" (func $bytes (param i64 i32)))
(func (export "check") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
  (call $bytes (i64.const 0x10000000000) (i32.const 512))
  (unreachable))
