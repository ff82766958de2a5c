;; tries: hides a function among the types it imports
;; expect: open
;; code: import
(component
  (import "stockade:plugin/types@0.1.0" (instance (export "run-command" (func))))
  (core module $m (func (export "f") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $rules (export "check" (func $f)))
  (export "stockade:plugin/rules@0.1.0" (instance $rules)))
