#!/bin/sh
# Releases of Reverie's Python environment, side by side in LIBDIR/releases: built and tried before anything is changed,
# then switched to by one rename of the link LIBDIR/current. The one before stays, for `rollback`. Whatever fails or is
# interrupted on the way, what was installed is whole and goes on.
#
# Called by install.mk with STAGED, LIBDIR, BINDIR, UNITDIR, UV, EXTRAS and PYTHON in the environment; FITTING, which is
# optional, says which Python the release is for, such as /usr/bin/python3.11.
#   releases.sh build     build the next release and try it; its number is printed to descriptor 3
#   releases.sh switch N  let release N count
#   releases.sh rollback  let the one before count again
set -eu
umask 022 # the service's user reads what root installs

root=$STAGED
lib=$root$LIBDIR
releases=$lib/releases

say() { echo "$*" >&2; }

# Make a link, or let it lead elsewhere, in one step.
link() { # TARGET NAME
  rm -f "$2.new"
  ln -s "$1" "$2.new"
  "$PYTHON" -c 'import os, sys; os.replace(*sys.argv[1:])' "$2.new" "$2"
}

# Where a link leads, as it is written; nothing where there is none.
leads() { readlink "$lib/$1" 2>/dev/null || true; }

# Whether a process has a library of that folder: it would lose what it has yet to import.
runs() { grep -qsF "$1/" /proc/[0-9]*/maps; }

# Whatever neither counts, nor did before, nor runs: releases of long ago, and builds that were interrupted.
tidy() {
  kept=" $(leads current) $(leads previous) "
  [ -n "$(leads current)" ] || kept="$kept venv " # all there is
  for path in "$releases"/* "$lib"/venv; do
    [ -d "$path" ] && [ ! -L "$path" ] || continue
    case "$kept" in *" ${path#"$lib"/} "*) continue ;; esac
    runs "$path" || rm -rf "$path"
  done
}

next_number() {
  highest=0
  for path in "$releases"/*; do
    name=${path##*/}
    case $name in '' | *[!0-9]*) continue ;; esac
    [ "$name" -gt "$highest" ] && highest=$name
  done
  echo $((highest + 1))
}

# It has to start, and to compose: what is missing or damaged shows now, and not at night.
try() { # FOLDER
  trial=$(mktemp -d) works=1
  (
    cd "$trial" && export HOME="$trial" XDG_STATE_HOME="$trial" PYTHONDONTWRITEBYTECODE=1
    echo "scene: first-light" >"$trial/reverie.yaml"
    "$1/bin/reverie" perform first-light --config "$trial/reverie.yaml" --bars 2 --midi "$trial/trial.mid" \
      >"$trial/said" 2>&1
  ) && [ -s "$trial/trial.mid" ] && works=0
  [ $works = 0 ] || cat "$trial/said" >&2
  rm -rf "$trial"
  return $works
}

give_up() {
  trap - EXIT HUP INT TERM
  rm -rf "$release"
  say "Reverie could not be installed; the reason stands above. Building needs a network and some 200 MB of disk."
  if [ -n "$(leads current)" ] || [ -d "$lib/venv" ]; then
    say "Nothing was changed: what was installed before is whole, and plays on."
  fi
  exit 1
}

# The environment is relocatable and so does not care that it was made under DESTDIR; where no fitting Python is on the
# machine, uv puts one beside it, to which only a relative link may then point. Copied and not linked from uv's cache,
# and compiled now, because the service cannot write there. Reverie itself is built anew: uv would take the wheel that
# it built of an earlier state of this folder, as long as pyproject.toml is the same.
build() {
  mkdir -p "$releases"
  tidy
  number=$(next_number)
  release=$releases/$number
  trap give_up EXIT HUP INT TERM
  say "Building release $number in $lib/releases"
  export UV_PROJECT_ENVIRONMENT="$release" UV_PYTHON_INSTALL_DIR="$lib/python" UV_PYTHON_PREFERENCE=system \
    UV_LINK_MODE=copy
  "$UV" venv --quiet --relocatable --python "${FITTING:->=3.11,<3.13}" "$release"
  # shellcheck disable=SC2046,SC2086 # a word for each extra
  "$UV" sync --quiet --frozen --no-dev --no-editable --compile-bytecode --reinstall-package reverie-daemon \
    $(printf -- '--extra %s ' $EXTRAS | sed 's/--extra  *$//')
  target=$(readlink "$release/bin/python")
  case "$target" in
    "$lib/python"/*)
      ln -sfn "../../../python/${target#"$lib/python"/}" "$release/bin/python"
      sed -i "s|^home = $root|home = |" "$release/pyvenv.cfg"
      ;;
    /root/* | /home/*)
      say "Warning: the service may not read $target; put a Python 3.11 or 3.12 for all users first in PATH."
      ;;
  esac
  try "$release" || { say "Release $number does not work."; exit 1; }
  sync -f "$lib" 2>/dev/null || sync
  trap - EXIT HUP INT TERM
  echo "$number" >&3
}

# An installation of before there were releases, in LIBDIR/venv, stays where it is for what still runs of it, and counts
# as the release before.
switch() { # NUMBER
  before=$(leads current)
  if [ -z "$before" ] && [ -d "$lib/venv" ] && [ ! -L "$lib/venv" ]; then before=venv; fi
  [ -z "$before" ] || link "$before" "$lib/previous"
  link "releases/$1" "$lib/current"
  mkdir -p "$root$BINDIR"
  link "$LIBDIR/current/bin/reverie" "$root$BINDIR/reverie"
  tidy
  [ -e "$lib/venv" ] || link current "$lib/venv" # what others have written of that path stays right
}

rollback() {
  now=$(leads current) before=$(leads previous)
  if [ -z "$before" ] || [ "$before" = "$now" ] || [ ! -d "$lib/$before" ]; then
    say "There is no release to go back to in $lib: make install keeps the one before."
    exit 1
  fi
  try "$lib/$before" || { say "The release before, $before, does not work any more; nothing was changed."; exit 1; }
  link "$before" "$lib/current"
  link "$now" "$lib/previous"
  unit=$root$UNITDIR/reverie.service
  if [ -f "$lib/$before/reverie.service" ] && [ -d "${unit%/*}" ]; then
    cp "$lib/$before/reverie.service" "$unit.new"
    mv -f "$unit.new" "$unit"
  fi
  say "Back to $before ($("$lib/current/bin/reverie" --version)); make rollback again undoes that."
}

mkdir -p "$lib"
if command -v flock >/dev/null; then
  exec 9>"$lib/lock"
  flock -n 9 || { say "Another make is at work in $lib; wait for it."; exit 1; }
fi
case $1 in
  build) build ;;
  switch) switch "$2" ;;
  rollback) rollback ;;
esac
