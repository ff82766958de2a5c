;; tries: claims a draft of an interface
;; expect: open
;; code: no_interface
(component
  (core module $m (func (export "f") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $rules (export "check" (func $f)))
  (export "stockade:plugin/rules@0.1.0-rc.1" (instance $rules)))
