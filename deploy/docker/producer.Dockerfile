# syntax=docker/dockerfile:1
# From the repository: docker build -f deploy/docker/producer.Dockerfile -t porthole-producer .
ARG DENO_VERSION=2.9.6
ARG DEBIAN=bookworm-slim
# debian: Debian's own; lean: built of Debian's source, a tenth as large.
ARG FFMPEG=debian

FROM denoland/deno:bin-${DENO_VERSION} AS deno

FROM debian:${DEBIAN} AS build
COPY --from=deno /deno /usr/local/bin/deno
ENV DENO_DIR=/var/lib/deno
WORKDIR /opt/porthole
COPY . .
# The modules of what runs later, so that nothing is fetched then.
RUN deno install --frozen --entrypoint \
  producer/main.ts deploy/permissions.ts deploy/docker/healthy.ts \
  && deploy/docker/trim.sh

FROM debian:${DEBIAN} AS programs
ARG FFMPEG
COPY deploy/docker/closure.sh deploy/docker/build_ffmpeg.sh /
RUN if [ "$FFMPEG" != lean ]; then rm /build_ffmpeg.sh; fi && /closure.sh ffmpeg tini

FROM debian:${DEBIAN}
COPY --from=programs /closure /
RUN ldconfig && ffmpeg -hide_banner -h encoder=libx264 > /dev/null
COPY --from=deno /deno /usr/local/bin/deno
COPY --from=build /var/lib/deno /var/lib/deno
COPY --from=build /opt/porthole /opt/porthole
# Health and metrics, for whoever is in the container; METRICS_HOST=0.0.0.0 lets others ask.
ENV DENO_DIR=/var/lib/deno \
  DENO_NO_UPDATE_CHECK=1 \
  METRICS_PORT=9101
WORKDIR /opt/porthole
USER 10001:10001
EXPOSE 9101
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["/opt/porthole/deploy/docker/start.sh", "healthy", "producer"]
ENTRYPOINT ["tini", "--", "/opt/porthole/deploy/docker/start.sh"]
CMD ["producer"]
