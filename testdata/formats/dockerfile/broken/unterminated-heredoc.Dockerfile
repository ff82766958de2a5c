FROM alpine:3.20
RUN <<EOF
echo body
  EOF
COPY a b
RUN cat <<X
still a body
