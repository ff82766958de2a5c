FROM alpine:3.22
RUN cat > /etc/app.conf << EOF
listen = 80
workers = 4

root = /srv
EOF
USER 1000
