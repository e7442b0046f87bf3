# syntax=docker/dockerfile:1
# From the repository: docker build -f deploy/docker/producer.Dockerfile -t porthole-producer .
ARG DENO_VERSION=2.9.6
ARG DEBIAN=bookworm-slim

FROM denoland/deno:bin-${DENO_VERSION} AS deno

FROM debian:${DEBIAN} AS build
COPY --from=deno /deno /usr/local/bin/deno
ENV DENO_DIR=/var/lib/deno
WORKDIR /opt/porthole
COPY . .
# The modules of what runs later, so that nothing is fetched then.
RUN deno install --frozen --entrypoint producer/main.ts deploy/permissions.ts

# Of FFmpeg the program and what it is linked to, which is half of what its package brings.
FROM debian:${DEBIAN} AS ffmpeg
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg \
  && mkdir /closure \
  && ldd /usr/bin/ffmpeg | awk '$2 == "=>" { print $3 }' | sed 's#^/lib/#/usr/lib/#' \
  | xargs cp --parents --dereference --target-directory=/closure /usr/bin/ffmpeg

FROM debian:${DEBIAN}
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates tini \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin porthole
COPY --from=deno /deno /usr/local/bin/deno
COPY --from=ffmpeg /closure /
RUN ldconfig && ffmpeg -hide_banner -h encoder=libx264 > /dev/null
COPY --from=build /var/lib/deno /var/lib/deno
COPY --from=build /opt/porthole /opt/porthole
ENV DENO_DIR=/var/lib/deno \
  DENO_NO_UPDATE_CHECK=1
WORKDIR /opt/porthole
USER 10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--", "/opt/porthole/deploy/docker/start.sh"]
CMD ["producer"]
