# before a
a # behind a
# before b
b && # behind the operator
  c
if x; then
  # inside
  y
  # last inside
fi
echo a#b '#c' "#d" $#
# the end
