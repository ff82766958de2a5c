ARG TAG=1.2-alpine
ARG REGISTRY
ARG NAME="web app"
FROM ${REGISTRY:-docker.io}/library/nginx:${TAG%%-*}
ARG TAG
ARG NAME
ARG DEBUG=
ARG PORTS="80 443"
ENV TAG=from-env OTHER=$TAG
ENV SHORT ${TAG#from-}
ENV LIST="$NAME,${MISSING},${MISSING:-default},${NAME:+set},${DEBUG:-off},${DEBUG-kept}"
ENV ESCAPED=\$TAG SINGLE='$TAG' REPLACED=${TAG/-/_} SELF=$PATH:/opt
LABEL org.example.name="$NAME" "org.example.quoted"=a\ b
EXPOSE $PORTS 8080/tcp
COPY ${NAME}.conf "/etc/$TAG/"
ADD ["$OTHER", "/x"]
WORKDIR /srv/${TAG}
USER ${UID_FROM_BASE:-1000}
STOPSIGNAL $SIGNAL
ONBUILD USER $TAG
VOLUME /data/$TAG /cache
