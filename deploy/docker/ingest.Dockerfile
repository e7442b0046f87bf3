# syntax=docker/dockerfile:1
# From the repository: docker build -f deploy/docker/ingest.Dockerfile -t porthole-ingest .
ARG DENO_VERSION=2.9.6
ARG DEBIAN=bookworm-slim

FROM denoland/deno:bin-${DENO_VERSION} AS deno

FROM debian:${DEBIAN} AS build
COPY --from=deno /deno /usr/local/bin/deno
ENV DENO_DIR=/var/lib/deno
WORKDIR /opt/porthole
COPY . .
# The modules of what runs later, so that nothing is fetched then; of the page what it was built into.
RUN deno run -A viewer/build.ts \
  && rm -rf "$DENO_DIR" \
  && deno install --frozen --entrypoint \
  ingest/main.ts ingest/worker.ts deploy/permissions.ts deploy/docker/healthy.ts \
  && deploy/docker/trim.sh

FROM debian:${DEBIAN} AS programs
COPY deploy/docker/closure.sh /
RUN /closure.sh tini

FROM debian:${DEBIAN}
COPY --from=programs /closure /
COPY --from=deno /deno /usr/local/bin/deno
COPY --from=build /var/lib/deno /var/lib/deno
COPY --from=build /opt/porthole /opt/porthole
ENV DENO_DIR=/var/lib/deno \
  DENO_NO_UPDATE_CHECK=1 \
  INGEST_HOST=0.0.0.0 \
  INGEST_PORT=3000
WORKDIR /opt/porthole
USER 10001:10001
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["/opt/porthole/deploy/docker/start.sh", "healthy", "ingest"]
ENTRYPOINT ["tini", "--", "/opt/porthole/deploy/docker/start.sh"]
CMD ["ingest"]
