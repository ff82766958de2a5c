;; tries: nests components forty deep
;; expect: open
;; code: too_costly
(component
  {{repeat 40 (component}}
  {{repeat 40 )}}
  ;; Claims the interface, or it would be turned away at the door.
  (instance $rules)
  (export "stockade:plugin/rules@0.1.0" (instance $rules)))
