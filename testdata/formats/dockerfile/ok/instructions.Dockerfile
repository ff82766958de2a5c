FROM scratch
MAINTAINER Some One <some@example.com>
ADD --checksum=sha256:24454f https://example.com/a.tar.gz /
ADD --keep-git-dir=true git@github.com:a/b.git /src
COPY --exclude=*.md --parents ./a/b ./c /d/
VOLUME ["/data", "/log s"]
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD curl -f http://localhost/ || exit 1
HEALTHCHECK CMD ["curl", "-f", "http://localhost/"]
HEALTHCHECK NONE
ONBUILD COPY --chown=a . /app
ONBUILD RUN make
RUN ["/bin/sh", "-c", "echo \"hi\" \u00e9"]
RUN ['single', 'quotes']
RUN --network=none --security=insecure make
ENV OLD form  with spaces
STOPSIGNAL SIGTERM
CMD []
ENTRYPOINT exec top -b
