FROM alpine:${TAG
WORKDIR "/unclosed
USER ${}
COPY ${A:b} ${A^^} 'x /y/
ENV A=$A ${B}=c D="x
ENV $GOOD${=x
LABEL ${A:-${B:-c}
RUN echo "fine"
