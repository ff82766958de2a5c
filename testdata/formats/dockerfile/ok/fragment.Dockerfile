RUN apk add curl
ARG LATE=1
CMD echo $LATE
FROM scratch
COPY app /
