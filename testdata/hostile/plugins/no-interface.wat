;; tries: is a component for something else
;; expect: open
;; code: no_interface
(component
  (core module $m (func (export "f") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $rules (export "check" (func $f)))
  (export "wasi:http/incoming-handler@0.2.0" (instance $rules)))
