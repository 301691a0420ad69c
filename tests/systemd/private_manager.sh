#!/bin/bash
# Usage: private_manager.sh FOLDER COMMAND [ARGUMENT...]
#
# Runs COMMAND beside a systemd --user of its own that knows the units in FOLDER, in namespaces of their own (mounts,
# processes, control groups, network with loopback), so that nothing outside is touched and nothing outlives it.
# `systemctl --user` works in COMMAND. There is no journal: a unit whose output matters sends it to a file by
# StandardError=append:PATH.
# Exit status: COMMAND's; 77 where the machine grants no such namespaces.
set -eu

if [ "${1:-}" != --inside ]; then
  [ "$(id -u)" = 0 ] && [ -x /lib/systemd/systemd ] || { echo "needs root and systemd" >&2; exit 77; }
  unified=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
  [ -n "$unified" ] || { echo "needs cgroup2" >&2; exit 77; }
  group=$unified/reverie-test-$$
  mkdir "$group" 2>/dev/null || { echo "needs a cgroup2 that can be written" >&2; exit 77; }
  trap 'find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true' EXIT
  set +e
  bash -c 'echo $$ > "$0/cgroup.procs" && exec unshare --mount --cgroup --pid --net --uts --ipc --fork \
    --kill-child --mount-proc "$@"' "$group" "$(realpath "$0")" --inside "$@"
  exit $?
fi

shift
folder=$(realpath "$1")
shift
mount --make-rprivate /
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /run
ip link set lo up
export HOME=/run/home XDG_RUNTIME_DIR=/run/user/0
unset DBUS_SESSION_BUS_ADDRESS XDG_CONFIG_HOME XDG_STATE_HOME NOTIFY_SOCKET
mkdir -p /run/systemd/system "$XDG_RUNTIME_DIR" "$HOME/.config/systemd/user"
chmod 700 "$XDG_RUNTIME_DIR"
cp "$folder"/*.service "$HOME/.config/systemd/user/"

# Only the units that were handed over, and the manager's own.
export SYSTEMD_UNIT_PATH="$HOME/.config/systemd/user:/usr/lib/systemd/user"
/lib/systemd/systemd --user --unit=basic.target --log-target=console > /run/manager.log 2>&1 &
manager=$!
for _ in $(seq 100); do
  systemctl --user is-active --quiet basic.target 2>/dev/null && break
  sleep 0.1
done
systemctl --user is-active --quiet basic.target || { cat /run/manager.log >&2; exit 77; }

set +e
"$@"
status=$?
systemctl --user exit
wait "$manager"
exit "$status"
