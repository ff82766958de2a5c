# syntax=docker/dockerfile:1.7
# check=skip=JSONArgsRecommended

# Versions, in one place.
ARG GO_VERSION=1.23
ARG BASE=registry.example.com:5000/base/debian

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION}-alpine AS Build
ARG TARGETARCH
ARG GO_VERSION
ENV GOARCH=$TARGETARCH GOFLAGS="-mod=readonly -x"
WORKDIR /src
COPY --link go.mod go.sum ./
RUN --mount=type=cache,target=/root/.cache \
    --mount=type=secret,id=netrc,required=true \
    go build -o /out/app ./...

FROM build AS test
RUN go test ./...

FROM ${BASE}:12@sha256:0f2a1c
COPY --from=build --chown=65532:65532 --chmod=0555 /out/app /app
COPY --from=1 /src/report /report
USER 65532:65532
ENTRYPOINT ["/app"]
