#!/bin/sh
if [ "$1" = -h ]; then exit 1; fi
tail -n +8 "$0" | tar -x || exit 1
exit $? # the archive follows

What stands here (and below) is nobody's script; it's
an archive ) of if ((
