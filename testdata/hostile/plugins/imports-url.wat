;; tries: wants code from the network
;; expect: open
;; code: import
(component
  (import "url=<https://example.org/a.wasm>" (func))
  (core module $m (func (export "f") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $rules (export "check" (func $f)))
  (export "stockade:plugin/rules@0.1.0" (instance $rules)))
