;; tries: instantiates each of thirty components twice in the next one
;; expect: open
(component
  (component (core module $m) (core instance (instantiate $m)))
  {{repeat 30 (component (alias outer 1 # (component $d)) (instance (instantiate $d)) (instance (instantiate $d)))}}
  (instance (instantiate 30)))
