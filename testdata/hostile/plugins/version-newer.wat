;; tries: claims an interface of the future
;; expect: open
;; code: too_new
(component
  (core module $m (func (export "f") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $rules (export "check" (func $f)))
  (export "stockade:plugin/rules@0.3.0" (instance $rules)))
