if [ -f a ]; then
  cat a
elif [ -d a ]; then ls a
else
  exit 1
fi > out 2>&1
while read -r line; do echo "$line"; done < input
until ping -c1 host; do :; done
for f in *.txt "$@" $(ls); do
  echo "$f"
done
for x do echo "$x"; done
for ((i = 0; i < ${n}; i++)); do echo $i; done
select choice in a b; do break; done
case "$1" in
  -h | --help) usage ;;
  (start) begin; serve ;&
  st?p*) end ;;&
  *) ;;
esac
(cd /tmp && tar x) 2> /dev/null
{ a; b; } | c
greet() { echo hi; }
function bye { exit; }
function both() (exit 2)
