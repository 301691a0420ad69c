#!/usr/bin/env bash
# Make a package of Debian's in dist/: Reverie with its Python environment in /opt/reverie, its unit, and its
# configuration in /etc/reverie. It is made for the machine and the Debian (or Raspberry Pi OS) on which it is made.
#
# Called by the Makefile with UV and PYTHON in the environment; DEBFULLNAME and DEBEMAIL name who makes it.
set -euo pipefail
cd "$(dirname "$0")/../.."
umask 022

readonly here=packaging/deb
readonly stage=$PWD/build/deb/stage
readonly home=$stage/opt/reverie
maker="${DEBFULLNAME:-Reverie} <${DEBEMAIL:-reverie@localhost.localdomain}>"
# A build of the same commit is the same to the byte, as far as its wheels are.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

give_up() { echo "The package could not be made; the reason stands above." >&2; }
trap give_up ERR

command -v dpkg-deb >/dev/null || { echo "dpkg-deb is missing: this is no Debian" >&2; exit 1; }
python=$(readlink -f /usr/bin/python3)
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || {
  echo "The package is for Debian's own Python, and $python is not 3.11, 3.12 or 3.13" >&2
  exit 1
}

# Each commit is a newer version than those before it.
version() {
  local said
  said=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml | head -n 1)
  if git rev-parse --git-dir >/dev/null 2>&1; then
    said+="+$(git rev-list --count HEAD).$(git rev-parse --short HEAD)"
  fi
  echo "$said"
}

files() {
  make --no-print-directory install-files DESTDIR="$stage" PREFIX=/usr SYSCONFDIR=/etc UNITDIR=/lib/systemd/system
}

# Built and tried by the same steps as `make install`. What only developers of NumPy need stays out, and so do compiled
# files, which differ from build to build: the machine compiles its own. Libraries are not stripped: those of NumPy would
# not load any more.
environment() {
  STAGED="$stage" LIBDIR=/opt/reverie BINDIR=/usr/bin UNITDIR=/lib/systemd/system UV="$(realpath -s "$UV")" \
    EXTRAS="${EXTRAS:-}" PYTHON="$python" FITTING="$python" systemd/releases.sh build 3>/dev/null
  mv "$home"/releases/1 "$home/venv"
  rm -rf "$home/releases" "$home/lock"
  find "$home/venv" -name __pycache__ -prune -exec rm -rf {} +
  find "$home/venv"/lib/python3*/site-packages/numpy \
    \( -type d \( -name tests -o -path '*/_core/include' \) -prune -o -name '*.a' \) -exec rm -rf {} +
  # Programs of libraries, and marks of uv's; one of these anybody could write to.
  find "$home/venv/bin" -type f ! -name 'reverie*' -delete
  rm -rf "$home"/venv/{.gitignore,.lock,CACHEDIR.TAG} "$home"/venv/lib/python3*/site-packages/certifi/tests
  find "$home/venv/lib" -type f -name '*.so*' -exec chmod -x {} +
  works
  install -d "$stage/usr/bin"
  ln -sfn /opt/reverie/current/bin/reverie "$stage/usr/bin/reverie" # which the maintainer scripts switch
}

# What was left out is not missed: tried once more, as it will be installed.
works() {
  local trial
  trial=$(mktemp -d)
  (cd "$trial" && HOME="$trial" PYTHONDONTWRITEBYTECODE=1 "$home/venv/bin/reverie" perform first-light --bars 2 \
    --midi trial.mid >/dev/null)
  rm -rf "$trial"
}

# What lintian finds and is meant so.
overrides() {
  install -D -m 644 "$here/lintian-overrides" "$stage/usr/share/lintian/overrides/reverie"
}

papers() {
  local folder=$stage/usr/share/doc/reverie
  {
    echo "Reverie, under the Apache License 2.0; Debian has its text in /usr/share/common-licenses/Apache-2.0."
    echo
    cat NOTICE
  } >"$folder/copyright"
  rm -f "$folder/LICENSE"
  gzip -9nc CHANGELOG.md >"$folder/changelog.gz"
  printf 'reverie (%s) stable; urgency=medium\n\n  * What is new stands in changelog.gz.\n\n -- %s  %s\n' \
    "$version" "$maker" "$(date -R -u -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$folder/changelog.Debian.gz"
}

# python-rtmidi comes ready-made, with JACK's library, but for Python 3.13: there it is compiled, and wants Debian's.
jack() { [ "$(basename "$python")" != python3.13 ] || echo ", libjack-jackd2-0 | libjack-0.125"; }

control() {
  install -d "$stage/DEBIAN"
  sed -e "s|@VERSION@|$version|" -e "s|@MAKER@|$maker|" -e "s/@PYTHON@/$(basename "$python")/" -e "s/@JACK@/$(jack)/" \
    -e "s|@ARCHITECTURE@|$(dpkg --print-architecture)|" \
    -e "s|@SIZE@|$(du -sk --apparent-size --exclude=DEBIAN "$stage" | cut -f1)|" "$here/control" >"$stage/DEBIAN/control"
  (cd "$stage" && find etc -type f -printf '/%p\n' | sort) >"$stage/DEBIAN/conffiles"
  for script in preinst postinst prerm postrm; do
    sed "s|@VERSION@|$version|g" "$here/$script" >"$stage/DEBIAN/$script"
    chmod 755 "$stage/DEBIAN/$script"
  done
  (cd "$stage" && find . -type f ! -path './DEBIAN/*' ! -path './etc/*' -printf '%P\0' | sort -z | xargs -0 md5sum) \
    >"$stage/DEBIAN/md5sums"
}

version=$(version)
rm -rf "$stage"
mkdir -p "$stage" dist
files
environment
papers
overrides
control
find "$stage" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
package=dist/reverie_${version}_$(dpkg --print-architecture).deb
dpkg-deb -Zxz --root-owner-group --build "$stage" "$package.new" >/dev/null
mv -f "$package.new" "$package"
rm -rf "$stage"
ls -l "$package"
echo "Install it: sudo apt install ./$package"
