FROM alpine:3.20
RNU echo typo
apk add curl
RUN echo fine
