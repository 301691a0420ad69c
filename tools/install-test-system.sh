#!/usr/bin/env bash
# Install the system packages that the tests start for real; where that is not possible, name them.
set -euo pipefail

declare -A packages=(
  [jackd]=jackd2
  [jack_capture]=jack-capture
  [fluidsynth]=fluidsynth
  [ardour7-lua]=ardour
  [promtool]=prometheus
  [amtool]=prometheus-alertmanager
  [mosquitto]=mosquitto
  [systemd-analyze]=systemd
  [dbus-daemon]=dbus
  [faketime]=faketime
  [systemctl]=systemd
  [ip]=iproute2
  [tshark]=tshark
  [cc]=gcc
  [setpriv]=util-linux
  [nginx]=nginx-light
  [caddy]=caddy
  [openssl]=openssl
  [chromium]=chromium
  [pulseaudio]=pulseaudio
  [parec]=pulseaudio-utils
  [pipewire]=pipewire
  [pw-record]=pipewire-bin
  [wireplumber]=wireplumber
  [arecord]=alsa-utils
)
missing=()
PATH=$PATH:/usr/sbin # nginx is there
for program in "${!packages[@]}"; do
  command -v "$program" >/dev/null || missing+=("${packages[$program]}")
done
[ -e /usr/share/sounds/sf2/TimGM6mb.sf2 ] || missing+=(timgm6mb-soundfont)
[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing+=(fonts-dejavu-core)
[ -e /usr/share/zoneinfo/Asia/Tokyo ] || missing+=(tzdata)
ldconfig -p 2>/dev/null | grep -q libasound.so.2 || missing+=(libasound2)
compgen -G "/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so" >/dev/null || missing+=(libasound2-plugins)
[ ${#missing[@]} -eq 0 ] && exit 0

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing for the tests: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "Tests that need these packages will be skipped; to run them: apt install ${missing[*]}"
fi
