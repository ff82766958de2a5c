while :; do (a; b; done
cat ${x:-`y}
