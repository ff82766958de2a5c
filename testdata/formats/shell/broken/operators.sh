a | | b
& c
|| d
echo ok > ; echo (x)
