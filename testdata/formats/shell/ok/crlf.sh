#!/bin/sh
if true; then
  echo a \
    b
fi
cat <<E
x
E
