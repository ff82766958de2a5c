;; tries: wants `exit` with another type than it has
;; expect: open
;; code: types
;; host:
(import "wasi:cli/exit@0.2.3" (instance $exit (export "exit" (func (param "path" string)))))
(core instance $host)
;; module:
