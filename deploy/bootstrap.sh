#!/bin/sh
# Installs what a task needs and this machine lacks, says so first, then runs the task.
set -eu

DENO_VERSION=2.9.6
DENO_OLDEST=2.9
REPOSITORY=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

usage() {
  cat <<USAGE
Usage: deploy/bootstrap.sh TASK [ARGUMENT...]

Installs what is missing (Deno; FFmpeg; for tests, ok and bench also Chromium, GStreamer, openssl;
for tests and ok also iproute2 and faketime, to cut links and set the clocks of what they start, and
shellcheck, kubectl and systemd-analyze, to check what deploys it, and Prometheus, to see that it
can read what they tell),
then runs "deno task TASK ARGUMENT...". For a first look: deploy/bootstrap.sh dev
USAGE
}

say() {
  printf 'bootstrap: %s\n' "$*" >&2
}

fail() {
  say "$*"
  exit 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif has sudo; then
    sudo "$@"
  else
    fail "this needs root, and there is no sudo. As root, run: $*"
  fi
}

# --- Packages of the system -------------------------------------------------------------------

package_manager() {
  for manager in apt-get dnf apk pacman brew; do
    if has "$manager"; then
      echo "$manager"
      return
    fi
  done
}

# The packages, by the system's own names, for one of: ffmpeg chromium gstreamer fonts openssl
# namespaces clocks checkers prometheus download.
packages_for() {
  case "$1:$2" in
    *:ffmpeg) echo ffmpeg ;;
    dnf:namespaces) echo iproute iproute-tc ;;
    *:namespaces) echo iproute2 ;;
    dnf:clocks | apk:clocks | pacman:clocks | brew:clocks) echo libfaketime ;;
    *:clocks) echo faketime ;;
    apt-get:checkers | dnf:checkers) echo shellcheck kubernetes-client systemd ;;
    apk:checkers) echo shellcheck kubectl ;;
    pacman:checkers) echo shellcheck kubectl systemd ;;
    brew:checkers) echo shellcheck kubernetes-cli ;;
    dnf:prometheus) echo golang-github-prometheus ;;
    *:prometheus) echo prometheus ;;
    brew:chromium) echo chromium ;;
    *:chromium) echo chromium ;;
    apt-get:gstreamer)
      echo python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base \
        gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
      ;;
    dnf:gstreamer)
      echo python3-gobject gstreamer1-rtsp-server gstreamer1-plugins-base \
        gstreamer1-plugins-good gstreamer1-plugins-bad-freeworld gstreamer1-plugins-ugly
      ;;
    apk:gstreamer)
      echo py3-gobject3 gst-rtsp-server gst-plugins-base gst-plugins-good gst-plugins-bad \
        gst-plugins-ugly
      ;;
    pacman:gstreamer)
      echo python-gobject gst-rtsp-server gst-plugins-base gst-plugins-good gst-plugins-bad \
        gst-plugins-ugly
      ;;
    brew:gstreamer) echo pygobject3 gstreamer ;;
    apt-get:fonts) echo fontconfig fonts-dejavu-core ;;
    dnf:fonts) echo fontconfig dejavu-sans-fonts ;;
    apk:fonts) echo fontconfig font-dejavu ;;
    pacman:fonts) echo fontconfig ttf-dejavu ;;
    brew:fonts) echo fontconfig ;;
    brew:download) echo curl unzip ;;
    *:download) echo curl unzip ca-certificates ;;
    *:openssl) echo openssl ;;
  esac
}

install_command() {
  case "$1" in
    apt-get) echo "apt-get install -y --no-install-recommends" ;;
    dnf) echo "dnf install -y" ;;
    apk) echo "apk add" ;;
    pacman) echo "pacman -S --needed --noconfirm" ;;
    brew) echo "brew install" ;;
  esac
}

# Installs the packages of all the things named.
install_packages() {
  manager=$(package_manager)
  if [ -z "$manager" ]; then
    fail "missing: $*; found none of apt-get, dnf, apk, pacman and brew: install them by hand"
  fi
  packages=""
  for thing in "$@"; do
    packages="$packages $(packages_for "$manager" "$thing")"
  done
  command="$(install_command "$manager")$packages"
  say "missing: $*"
  say "installs with: $command"
  # Word splitting is wanted: these are lists of packages.
  # shellcheck disable=SC2086
  case "$manager" in
    apt-get)
      as_root apt-get update || fail "apt-get update failed; check the network, then try again"
      as_root env DEBIAN_FRONTEND=noninteractive $command
      ;;
    brew) $command ;;
    *) as_root $command ;;
  esac || fail "could not install $*. By hand: $command"
}

# --- What is there ----------------------------------------------------------------------------

has_deno() {
  has deno || return 1
  version=$(deno --version | sed -n 's/^deno \([0-9]*\.[0-9]*\).*/\1/p')
  [ -n "$version" ] || return 1
  [ "${version%%.*}" -gt "${DENO_OLDEST%%.*}" ] ||
    { [ "${version%%.*}" -eq "${DENO_OLDEST%%.*}" ] && [ "${version#*.}" -ge "${DENO_OLDEST#*.}" ]; }
}

# Prints the path of Chromium or Chrome.
find_chromium() {
  if [ -n "${CHROMIUM_PATH:-}" ]; then
    [ -x "$CHROMIUM_PATH" ] || fail "CHROMIUM_PATH is $CHROMIUM_PATH, which cannot be run"
    echo "$CHROMIUM_PATH"
    return
  fi
  for name in /usr/bin/chromium chromium chromium-browser google-chrome google-chrome-stable \
    /Applications/Chromium.app/Contents/MacOS/Chromium \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if has "$name"; then
      command -v "$name"
      return
    fi
  done
  return 1
}

has_gstreamer() {
  [ -x /usr/bin/python3 ] && /usr/bin/python3 - >/dev/null 2>&1 <<'PYTHON'
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
needed = "compositor videotestsrc jpegenc rtph264pay rtph265pay x264enc x265enc".split()
raise SystemExit(not all(Gst.ElementFactory.find(element) for element in needed))
PYTHON
}

is_there() {
  case "$1" in
    ffmpeg) has ffmpeg ;;
    chromium) find_chromium >/dev/null ;;
    gstreamer) has_gstreamer ;;
    fonts) has fc-match ;;
    openssl) has openssl ;;
    namespaces) has ip && has tc ;;
    clocks) has faketime ;;
    prometheus) has prometheus && has promtool ;;
    checkers) has shellcheck && has kubectl && { has systemd-analyze || ! has apt-get; } ;;
    download) has curl && has unzip ;;
  esac
}

missing_of() {
  for thing in "$@"; do
    is_there "$thing" || printf ' %s' "$thing"
  done
}

# --- Steps ------------------------------------------------------------------------------------

# Installs those of the things named that are missing, and checks that they are there then.
ensure() {
  missing=$(missing_of "$@")
  [ -n "$missing" ] || return 0
  # shellcheck disable=SC2086
  install_packages $missing
  # shellcheck disable=SC2086
  missing=$(missing_of $missing)
  [ -z "$missing" ] || fail "still missing after the installation:$missing"
}

ensure_deno() {
  # Where this script may have put it before.
  PATH="$PATH:$HOME/.local/bin:$HOME/.deno/bin"
  export PATH
  if has_deno; then return; fi
  if has npm; then
    prefix=$(npm prefix -g)
    if [ ! -w "$prefix/lib/node_modules" ] && [ ! -w "$prefix/lib" ]; then prefix=$HOME/.local; fi
    say "missing: deno $DENO_OLDEST or newer"
    say "installs with: npm install --global --prefix $prefix deno@$DENO_VERSION"
    npm install --global --prefix "$prefix" "deno@$DENO_VERSION" >&2 ||
      fail "could not install Deno. By hand: https://docs.deno.com/runtime/getting_started/installation"
    PATH="$prefix/bin:$PATH"
  else
    ensure download
    say "missing: deno $DENO_OLDEST or newer"
    say "installs with: curl -fsSL https://deno.land/install.sh | sh, to $HOME/.deno"
    installer=$(curl -fsSL https://deno.land/install.sh) ||
      fail "could not fetch Deno's installer. With npm there is another way: npm install -g deno"
    printf '%s\n' "$installer" |
      DENO_INSTALL="$HOME/.deno" sh -s -- -y --no-modify-path "v$DENO_VERSION" >&2 ||
      fail "could not install Deno. By hand: https://docs.deno.com/runtime/getting_started/installation"
    PATH="$HOME/.deno/bin:$PATH"
  fi
  export PATH
  has_deno || fail "still missing after the installation: deno"
}

ensure_tools_of() {
  case "$1" in
    ingest | build:viewer | compile) ;;
    test* | ok | bench*)
      ensure ffmpeg chromium gstreamer fonts openssl
      CHROMIUM_PATH=$(find_chromium)
      export CHROMIUM_PATH
      case "$1" in
        bench:slow) ensure namespaces ;;
        test* | ok) ensure namespaces clocks checkers prometheus ;;
      esac
      ;;
    *) ensure ffmpeg ;;
  esac
}

case "${1:-}" in
  "" | -h | --help)
    usage
    [ $# -gt 0 ] || exit 2
    exit 0
    ;;
esac

ensure_deno
ensure_tools_of "$1"
cd "$REPOSITORY"
exec deno task "$@"
