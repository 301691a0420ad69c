#!/usr/bin/env bash
# Make what tests/vm boots, in build/vm: a Debian with its kernel, once, as it takes minutes; and a second disk with
# Reverie as `make install` puts it on a machine and the driver of the tests, each time, as it takes seconds.
# `make_test_vm.sh appliance` makes a machine that is left alone instead: the same Debian with Reverie's package, and an
# empty disk for what lasts; PACKAGE names one that is there already. `make_test_vm.sh bare` makes that Debian and no more.
# Exit status 77: this machine cannot make it, and the text says what it lacks.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly vm=build/vm
readonly python=/usr/bin/python3.11 # of Debian 12, in the machine

install_programs() {
  local -A packages=([qemu-system-x86_64]=qemu-system-x86 [mmdebstrap]=mmdebstrap [mke2fs]=e2fsprogs)
  local program missing=()
  PATH=$PATH:/usr/sbin:/sbin
  for program in "${!packages[@]}"; do
    command -v "$program" >/dev/null || missing+=("${packages[$program]}")
  done
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "A virtual machine is made as root, on Debian or Ubuntu."
    exit 77
  fi
  [ ${#missing[@]} -eq 0 ] && return
  echo "Installing for the virtual machine: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# A disk with what is in a folder, and so much room for more, in MiB.
disk() {
  local folder=$1 image=$2 room=$3 size
  size=$(($(du -sm "$folder" | cut -f1) * 6 / 5 + room))
  rm -f "$image"
  mke2fs -q -t ext4 -d "$folder" -L "$(basename "$image" .ext4)" "$image" "${size}M" >/dev/null
}

# Only the drivers of the virtual disk go into the initial file system: unpacking it takes an emulated machine long.
make_base() {
  local root=$vm/root
  rm -rf "$root"
  echo "Making a Debian with a kernel of its own in $vm (minutes, once)"
  mmdebstrap --quiet --variant=minbase --mode=root \
    --include=systemd,systemd-sysv,udev,kmod,dbus,python3,libasound2,make,procps,tzdata,linux-image-amd64,initramfs-tools \
    --include=overlayroot,busybox,fluidsynth,timgm6mb-soundfont \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
    --essential-hook='echo MODULES=list > "$1/etc/initramfs-tools/conf.d/few"' \
    --essential-hook='printf "%s\n" virtio_pci virtio_blk ext4 crc32c_generic overlay > "$1/etc/initramfs-tools/modules"' \
    bookworm "$root"
  cp "$root"/boot/vmlinuz-* "$vm/kernel"
  cp "$root"/boot/initrd.img-* "$vm/initrd"
  echo "/dev/vda / ext4 defaults 0 0
/dev/vdb /usr/local ext4 defaults 0 0" > "$root/etc/fstab"
  echo trial > "$root/etc/hostname"
  # Whatever becomes of the trial, the machine goes out.
  cat > "$root/etc/systemd/system/trial.service" <<'UNIT'
[Unit]
Description=What the tests ask of this machine
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
ExecStart=/usr/local/lib/reverie/venv/bin/python -u /usr/local/lib/trial/guest.py
StandardOutput=journal+console
StandardError=journal+console
UNIT
  mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
  ln -s ../trial.service "$root/etc/systemd/system/multi-user.target.wants/"
  disk "$root" "$vm/base.ext4" 200
}

# The service's own Python is this machine's; in the virtual one it is Debian's. It is installed twice, so that there
# is a release to go back to; the sources, with uv, are for an update in the machine, which has no network.
make_payload() {
  local stage=$PWD/$vm/stage environment
  rm -rf "$stage"
  for _ in 1 2; do
    env -u MAKEFLAGS -u MFLAGS make --no-print-directory install \
      DESTDIR="$stage" PREFIX=/usr/local SYSCONFDIR=/usr/local/etc EXTRAS=
  done
  for environment in "$stage"/usr/local/lib/reverie/releases/*; do
    [ -d "$environment/lib/python3.11" ] || {
      echo "The virtual machine has Python 3.11, and this one needs it too, first in PATH."
      exit 77
    }
    ln -sfn "$python" "$environment/bin/python"
    sed -i "s|^home = .*|home = $(dirname "$python")|" "$environment/pyvenv.cfg"
  done
  mkdir -p "$stage/usr/local/src/reverie/build/uv/bin"
  cp -a Makefile pyproject.toml uv.lock ./*.md LICENSE NOTICE config docs scenes systemd "$stage/usr/local/src/reverie/"
  cp "$(realpath build/uv/bin/uv)" "$stage/usr/local/src/reverie/build/uv/bin/uv"
  install -D -m 644 -t "$stage/usr/local/lib/trial" tests/vm/guest*.py
  disk "$stage/usr/local" "$vm/payload.ext4" 20
  rm -rf "$stage"
}

# Reverie is enabled as the package enables it, and nobody starts it; the driver only listens and looks.
make_appliance() {
  local root=$vm/appliance package=${PACKAGE:-}
  if [ -z "$package" ]; then
    make --no-print-directory deb
    package=$(ls -t dist/reverie_*.deb | head -n 1)
  fi
  rm -rf "$root"
  cp -a "$vm/root" "$root"
  cp "$package" "$root/reverie.deb"
  chroot "$root" dpkg --install /reverie.deb
  rm "$root/reverie.deb"
  echo "/dev/vda / ext4 defaults 0 1
LABEL=state /var/lib/reverie ext4 noatime,nodev,nosuid,noexec,commit=5,nofail,x-systemd.device-timeout=90s 0 2" \
    > "$root/etc/fstab"
  install -D -m 644 -t "$root/etc/systemd/system/reverie.service.d" systemd/drop-ins/state-partition.conf
  # An emulated machine takes its time.
  printf '[Service]\nTimeoutStartSec=300\nTimeoutStopSec=120\n' > "$root/etc/systemd/system/reverie.service.d/slow.conf"
  install -D -m 644 /dev/stdin "$root/etc/systemd/system/trial.service.d/appliance.conf" <<'UNIT'
[Unit]
Before=reverie.service
[Service]
Type=exec
ExecStart=
ExecStart=/usr/bin/python3 -u /usr/local/lib/trial/guest.py
UNIT
  install -m 644 tests/vm/box/reverie.yaml "$root/etc/reverie/reverie.yaml"
  install -m 644 -t "$root/etc/reverie/scenes" tests/vm/box/three-slots.yaml
  install -D -m 644 -t "$root/usr/local/lib/trial" tests/vm/guest*.py
  disk "$root" "$vm/appliance.ext4" 300
  rm -rf "$root"
  mkdir "$root"
  disk "$root" "$vm/state.ext4" 256
  rmdir "$root"
}

install_programs
mkdir -p "$vm"
exec 9>"$vm/lock"
flock 9
made_by=$(declare -f disk make_base | sha256sum)
if [ "$(cat "$vm/made-by" 2>/dev/null)" != "$made_by" ]; then
  rm -f "$vm/made-by"
  make_base
  echo "$made_by" > "$vm/made-by"
fi
case ${1:-} in
  bare) ;;
  appliance) make_appliance ;;
  *) make_payload ;;
esac
