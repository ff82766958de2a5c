;; tries: wants to open connections
;; expect: open
;; code: import
;; host:
(import "wasi:sockets/instance-network@0.2.0" (instance $net))
(core instance $host)
;; module:
