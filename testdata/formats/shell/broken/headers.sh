for 1x in a; do b; done
case x y
esac
for a in b; c
