echo fine
echo "never closed
rm -rf /
