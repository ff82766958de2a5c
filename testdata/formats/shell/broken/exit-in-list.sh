test -e x || exit 1
this is ) no end
if x; then
  exit
fi
( exit )
nor is ) this
exit now
nor ) this
