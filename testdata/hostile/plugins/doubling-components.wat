;; tries: instantiates each of thirty components twice in the next one
;; expect: open
;; code: too_costly
(component
  (component (core module $m) (core instance (instantiate $m)))
  {{repeat 30 (component (alias outer 1 # (component $d)) (instance (instantiate $d)) (instance (instantiate $d)))}}
  (instance (instantiate 30))
  ;; Claims the interface, or it would be turned away at the door.
  (instance $rules)
  (export "stockade:plugin/rules@0.1.0" (instance $rules)))
