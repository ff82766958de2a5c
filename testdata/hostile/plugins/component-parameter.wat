;; tries: lets one nested component multiply another
;; expect: open
;; code: invalid
(component
  (component (import "c" (component $c)) (instance (instantiate $c)) (instance (instantiate $c)))
  ;; Claims the interface, or it would be turned away at the door.
  (instance $rules)
  (export "stockade:plugin/rules@0.1.0" (instance $rules)))
