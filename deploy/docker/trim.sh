#!/bin/sh
# Leaves of an image's build what runs: of the page what it was built into, of packages no types, no
# maps of sources and no words for people.
set -eu

cd /opt/porthole
find viewer -mindepth 1 -maxdepth 1 ! -name dist ! -name deno.json -exec rm -r {} +
find "$DENO_DIR/npm" -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o \
  -name '*.map' -o -name '*.md' \) -delete
