FROM alpine:3.20
RUN <<EOF
set -eu
apk add --no-cache curl
if [ -n "${PROXY:-}" ]; then
  echo "$PROXY"
fi
EOF
RUN <<-'SCRIPT'
	#!/usr/bin/env bash
	echo "a" | \
	  tr a b
	SCRIPT
RUN <<PY
#!/usr/bin/env python3
print("no shell reads this")
PY
RUN cat <<A <<-"B" > /etc/motd && chmod 644 /etc/motd
first $HOME
A
	second
	B
RUN sh -e <<'EOT'
wget http://example.com/x
EOT
COPY <<nginx.conf <<"index.html" /etc/nginx/
server_name $HOST;
nginx.conf
<p>$5</p>
index.html
RUN echo $((1 << 2)) "<<NOT" '<<NOT' <<< here
ONBUILD RUN <<EOF
echo later
EOF
