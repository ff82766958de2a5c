;; tries: wants a WASI that is not offered
;; expect: open
;; code: import
;; host:
(import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock))
(core instance $host)
;; module:
