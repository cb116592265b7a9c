# syntax=docker/dockerfile:1

# Two images come out of here, both with nothing in them but programs, roots of
# trust and time zones, and both run by a user who may write only to /data:
#
#   app (the default)  bin/mingjing, for PostgreSQL, Redis and Kratos of their own:
#                      see compose.yaml
#   standalone         bin/mingjing and bin/kratos, which needs nothing else:
#                      docker build --target standalone -t mingjing .
#                      docker run -p 127.0.0.1:8080:8080 -v mingjing:/data -e DEMO=1 mingjing

FROM golang:1.26-bookworm AS source
ENV GOTOOLCHAIN=local
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .

FROM source AS build-app
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    make bin/mingjing && mkdir -p /out/data && cp bin/mingjing /out/

FROM source AS build-kratos
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    make kratos && mkdir -p /out && cp -L bin/kratos /out/

# base has glibc, which Kratos' SQLite driver needs.
FROM gcr.io/distroless/base-debian12:nonroot AS standalone
COPY --from=build-app /out/mingjing /usr/local/bin/mingjing
COPY --from=build-kratos /out/kratos /usr/local/bin/kratos
COPY --from=build-app --chown=nonroot:nonroot /out/data /data
ENV ADDR=0.0.0.0:8080 DATA=/data KRATOS_BIN=/usr/local/bin/kratos
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/local/bin/mingjing", "health"]
ENTRYPOINT ["/usr/local/bin/mingjing"]
CMD ["serve"]

FROM gcr.io/distroless/static-debian12:nonroot AS app
COPY --from=build-app /out/mingjing /usr/local/bin/mingjing
COPY --from=build-app --chown=nonroot:nonroot /out/data /data
ENV ADDR=0.0.0.0:8080 DATA=/data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/local/bin/mingjing", "health"]
ENTRYPOINT ["/usr/local/bin/mingjing"]
CMD ["serve"]
