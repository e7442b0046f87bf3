#!/bin/sh
# Lays into /closure what programs need to run and the image does not have: themselves and the
# libraries they are linked to. To be run in the image that /closure is copied into. Each program is
# named as its package is; it is installed, or built where there is a build_PROGRAM.sh beside this
# script. Of every package that any of it is from there are the licence, and the record by which
# scanners know it.
set -eu

folder=$(mktemp -d)
find /usr/lib /usr/bin -name '*.so*' -o -path '/usr/bin/*' | sort >"$folder/there"
mkdir -p /closure/var/lib/dpkg/status.d
apt-get update
for program in "$@"; do
  if [ -x "/build_$program.sh" ]; then
    "/build_$program.sh" /closure/var/lib/dpkg/status.d
  else
    apt-get install -y --no-install-recommends "$program"
  fi
  echo "/usr/bin/$program" >>"$folder/linked"
  ldd "/usr/bin/$program" >>"$folder/linked"
done
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
  dpkg --status "$package" >"/closure/var/lib/dpkg/status.d/${package%%:*}"
done <"$folder/packages"
for record in /closure/var/lib/dpkg/status.d/*; do
  licence=/usr/share/doc/${record##*/}/copyright
  if [ -e "$licence" ]; then
    cp --parents --dereference --target-directory=/closure "$licence"
  fi
done
