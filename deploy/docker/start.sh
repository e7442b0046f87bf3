#!/bin/sh
# Starts a service in its image, with the permissions that its settings ask for and no others.
set -eu

cd /opt/porthole
case "${1:-}" in
  ingest) flags=--max-semi-space-size=1 ;;
  producer) flags=--max-semi-space-size=1,--lite-mode ;;
  healthy)
    # A name on the certificate is none that a container could be asked by.
    exec deno run --quiet --cached-only --no-prompt \
      --allow-env=INGEST_PORT,TLS_CERT,METRICS_PORT --allow-net=127.0.0.1 \
      ${TLS_CERT:+--unsafely-ignore-certificate-errors=127.0.0.1} \
      deploy/docker/healthy.ts "${2:-}"
    ;;
  *)
    echo "give a service: ingest or producer" >&2
    exit 2
    ;;
esac
service=$1
shift
permissions=$(deno run --quiet --cached-only --no-prompt --allow-env --allow-read \
  deploy/permissions.ts "$service")
# A list of arguments, none of which has a space in it.
# shellcheck disable=SC2086
exec deno run --quiet --cached-only --v8-flags="$flags" $permissions "$service/main.ts" "$@"
