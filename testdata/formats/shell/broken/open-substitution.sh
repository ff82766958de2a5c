echo $(ls -l
echo "b"
