;; tries: nests components forty deep
;; expect: open
(component
  {{repeat 40 (component}}
  {{repeat 40 )}})
