x() echo
{ a; }b
[[ a && b
