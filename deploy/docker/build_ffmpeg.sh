#!/bin/sh
# Builds /usr/bin/ffmpeg from Debian's own source, with its security patches, and of all that Debian
# links to it libx264 and GnuTLS alone: that does for RTSP, by TLS too, for every codec that FFmpeg
# decodes by itself, H.264, H.265, MPEG-4 and MJPEG among them, and for making H.264 and JPEG.
# The record of the package goes into the folder that is given.
set -eu

records=$1
sed -i 's/^Types: deb$/Types: deb deb-src/' /etc/apt/sources.list.d/*.sources
apt-get update
apt-get install -y --no-install-recommends \
  dpkg-dev gcc libc6-dev libgnutls28-dev libx264-dev make nasm pkg-config zlib1g-dev
cd "$(mktemp -d)"
# The user that apt fetches as has no way into a folder of root's.
chmod 755 .
apt-get source ffmpeg
cd ffmpeg-*/
./configure --prefix=/usr --toolchain=hardened \
  --disable-autodetect --disable-avdevice --disable-debug --disable-doc --disable-ffplay \
  --disable-ffprobe --enable-gpl --enable-gnutls --enable-libx264 --enable-zlib \
  --disable-encoders --enable-encoder=libx264,mjpeg,rawvideo,wrapped_avframe
make -j"$(nproc)" ffmpeg
install -s -m 755 ffmpeg /usr/bin/ffmpeg
install -D -m 644 debian/copyright /usr/share/doc/ffmpeg/copyright
cat >"$records/ffmpeg" <<RECORD
Package: ffmpeg
Status: install ok installed
Architecture: $(dpkg --print-architecture)
Version: $(dpkg-parsechangelog --show-field Version)
Description: FFmpeg with libx264 and GnuTLS alone
RECORD
