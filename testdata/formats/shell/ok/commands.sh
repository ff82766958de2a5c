#!/bin/sh
# What every script does first.
set -eu

name=world greeting="hello there" printf '%s\n' "$greeting, ${name}" # said
export PATH="/opt/bin:$PATH" EDITOR=vi
A=1 B= C+=more
echo plain 'single ' "double \"quoted\" \$x" mixed"one"'two' back\ slash a\
b
ls -l | grep -v total |& sort -u; sleep 1 & wait
test -f x && rm x || echo none
! grep -q y z
time { make; }
