echo a
)
echo b; fi; echo c
foo ;; bar
