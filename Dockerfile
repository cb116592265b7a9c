# Two images come out of here, both with nothing in them but programs, roots of
# trust and time zones, and both run by a user who may write only to /data:
#
#   app (the default)  bin/mingjing, for PostgreSQL, Redis and Kratos of their own:
#                      see compose.yaml
#   standalone         bin/mingjing and bin/kratos, which needs nothing else:
#                      docker build --target standalone -t mingjing .
#                      docker run -p 127.0.0.1:8080:8080 -v mingjing:/data -e DEMO=1 mingjing
#
# The images that these are built on are pinned, and replaceable by build arguments, such
# as by copies in a registry of your own. GOPROXY, GOSUMDB and GOPRIVATE say where the Go
# modules come from, as they do outside of a container.

ARG GO_IMAGE=docker.io/library/golang:1.26-bookworm@sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d
ARG BASE_IMAGE=gcr.io/distroless/base-debian12:nonroot@sha256:7f0c72cd138b442ae0deeb69c08b1acf5525439ba251a49ad93c320a061567e5
ARG STATIC_IMAGE=gcr.io/distroless/static-debian12:nonroot@sha256:d093aa3e30dbadd3efe1310db061a14da60299baff8450a17fe0ccc514a16639

FROM ${GO_IMAGE} AS source
ENV GOTOOLCHAIN=local
ARG GOPROXY
ARG GOSUMDB
ARG GOPRIVATE
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .

FROM source AS build-app
ARG VERSION
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    make bin/mingjing VERSION="$VERSION" && mkdir -p /out/data && cp bin/mingjing /out/

FROM source AS build-kratos
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    make kratos && mkdir -p /out && cp -L bin/kratos /out/

# base has glibc, which Kratos' SQLite driver needs.
FROM ${BASE_IMAGE} AS standalone
COPY --from=build-app /out/mingjing /usr/local/bin/mingjing
COPY --from=build-kratos /out/kratos /usr/local/bin/kratos
COPY --from=build-app --chown=nonroot:nonroot /out/data /data
ENV ADDR=0.0.0.0:8080 DATA=/data KRATOS_BIN=/usr/local/bin/kratos
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/local/bin/mingjing", "health"]
ENTRYPOINT ["/usr/local/bin/mingjing"]

FROM ${STATIC_IMAGE} AS app
COPY --from=build-app /out/mingjing /usr/local/bin/mingjing
COPY --from=build-app --chown=nonroot:nonroot /out/data /data
ENV ADDR=0.0.0.0:8080 DATA=/data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/local/bin/mingjing", "health"]
ENTRYPOINT ["/usr/local/bin/mingjing"]
