echo $a ${b} ${c:-default} ${d:-$(date +"%s")} "${e%/*}" ${#f} ${g//x/"}"} ${h:?not set}
echo $1 $@ "$*" $# $? $$ $! $- $0
now=`date -u`; nested=`echo \`id -u\` "\$HOME"`
echo "quoted `echo \"inner\"`" "a$(b "c $(d)")e"
sum=$((1 + $(wc -l < f) * (2 << 1))); (( sum > 3 )) && echo big
sub=$( (a; b) | c ); also=$((a; b) | c)
diff <(sort a) <(sort b) > >(tee log)
echo $'tab\there \x41\u00e9\'s' $"translated" $ "$" lone$
list=(one "two words" $(three) [5]=six); declare -a more=(x y); list[1]=z
[[ $a == b* && ( -f "$c" || $d =~ ^(x|y)[0-9]+$ ) ]] || exit
ls !(a|b) +([0-9]).log ~/x {a,b}{1..3} *.[ch]
