;; tries: lets one nested component multiply another
;; expect: open
(component
  (component (import "c" (component $c)) (instance (instantiate $c)) (instance (instantiate $c))))
