FROM alpine:3
# comment
RUN a \
  # inside
  && b
RUN <<E
echo x
E
ENV K="v"
