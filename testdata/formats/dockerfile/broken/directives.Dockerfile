# escape=x
# syntax=a
# syntax=b
# escape=`
FROM alpine:3
RUN a \
 && b
