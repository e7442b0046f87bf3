#!/bin/sh
# Installs programs (each named as its package is), and lays into /closure what they need to run and
# the image does not have: themselves and the libraries they are linked to. For FFmpeg that is half of
# what its package brings. Of every package that any of it is from there are the licence and the record
# by which scanners know it. To be run in the image that /closure is copied into.
set -eu

folder=$(mktemp -d)
find /usr/lib /usr/bin -name '*.so*' -o -path '/usr/bin/*' | sort >"$folder/there"
apt-get update
apt-get install -y --no-install-recommends "$@"

mkdir -p /closure/var/lib/dpkg/status.d
for program in "$@"; do
  echo "/usr/bin/$program"
  ldd "/usr/bin/$program"
done >"$folder/linked"
if grep 'not found' "$folder/linked"; then exit 1; fi
# /lib is a link to /usr/lib, and the links of libraries to their files are followed.
sed -n -e 's#^\(/usr/bin/[^ ]*\)$#\1#p' -e 's#.* => \([^ ]*\) .*#\1#p' "$folder/linked" |
  sed 's#^/lib/#/usr/lib/#' | sort -u | comm -23 - "$folder/there" >"$folder/wanted"
xargs cp --parents --dereference --target-directory=/closure <"$folder/wanted"

# Some packages name /lib and some /usr/lib, and alternatives belong to none.
while read -r file; do
  real=$(readlink -f "$file")
  dpkg --search "$real" "${real#/usr}" 2>/dev/null || true
done <"$folder/wanted" | sed 's/: .*//' | sort -u >"$folder/packages"
while read -r package; do
  name=${package%%:*}
  dpkg --status "$package" >"/closure/var/lib/dpkg/status.d/$name"
  if [ -e "/usr/share/doc/$name/copyright" ]; then
    cp --parents --dereference --target-directory=/closure "/usr/share/doc/$name/copyright"
  fi
done <"$folder/packages"
