if true; then
  echo a
echo b
