;; tries: calls itself without end while starting
;; expect: stack
(func $deeper (call $deeper) (call $deeper))
(start $deeper)
