#!/usr/bin/env python3
"""Say how much a running installation writes to its disk, and what that is in a day: for whoever runs it from a card.

python tools/measure_writes.py --for 10m [--config FILE]       # runs an installation in a folder of its own

The kernel counts for each process the bytes that it has made the disk write (`write_bytes` of /proc/PID/io): whole
pages, each once however often it is changed before it is written, without what is deleted before that
(`cancelled_write_bytes`), and with them those of children that have ended. The first minutes are left out: models are
loaded, and instruments made for browsers, once; it is waited until the last of them is made.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import psutil
import yaml

from reverie.cli.arguments import duration

_DAY = 86_400.0
_WARM_UP = 120.0
_SETTLED = 60.0
"""Seconds without another instrument after which there is none to come."""


def written(root: psutil.Process) -> dict[str, int]:
    """Bytes that each process of the daemon has written, by its module."""
    found: defaultdict[str, int] = defaultdict(int)
    for process in (root, *root.children(recursive=True)):
        try:
            line = process.cmdline()
            rows = Path(f"/proc/{process.pid}/io").read_text(encoding="ascii").splitlines()
            fields = {name: int(number) for name, _, number in (row.partition(": ") for row in rows)}
        except (psutil.Error, OSError):
            continue
        module = line[line.index("-m") + 1] if "-m" in line[:-1] else process.name()
        found[module] += int(fields["write_bytes"]) - int(fields["cancelled_write_bytes"])
    return found


def sizes(state: Path) -> dict[str, int]:
    """Bytes on the disk of each entry of the state folder."""
    return {
        path.name: sum(one.stat().st_blocks * 512 for one in ([path] if path.is_file() else path.rglob("*")))
        for path in state.iterdir()
    }


def wait_for_instruments(state: Path) -> None:
    """Return when no instrument is made any more: they are megabytes, and made once."""
    known, since = -1, time.monotonic()
    while time.monotonic() - since < _SETTLED:
        there = sum(1 for _ in state.glob("browser-sounds/**/*"))
        known, since = there, (since if there == known else time.monotonic())
        time.sleep(1.0)


def main() -> None:
    """Run an installation, and print what it writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--for", dest="seconds", type=duration, default=600.0, help="how long, such as 10m")
    parser.add_argument("--scene", default="first-light")
    parser.add_argument("--flush", type=duration, default=30.0, help="of the configuration's `storage`, such as 10m")
    parser.add_argument("--port", type=int, default=8799, help="of the page")
    parser.add_argument("--folder", type=Path, help="where the installation lies: on the disk that is meant")
    asked = parser.parse_args()
    place: Path | None = asked.folder
    folder = Path(tempfile.mkdtemp(dir=str(place) if place else None))
    config = folder / "reverie.yaml"
    slots = {"main": {"kind": "port", "match": "no such port"}}
    storage = {"flush": asked.flush}
    site = {"scene": asked.scene, "state": "state", "slots": slots, "health": {"port": asked.port}, "storage": storage}
    config.write_text(yaml.safe_dump(site))
    environment = {**os.environ, "XDG_RUNTIME_DIR": "/dev/shm", "TMPDIR": "/dev/shm"}  # noqa: S108 - memory is meant
    command = [sys.executable, "-m", "reverie.cli.main", "run", "--config", str(config)]
    with subprocess.Popen(command, env=environment, start_new_session=True) as daemon:
        root = psutil.Process(daemon.pid)
        try:
            time.sleep(_WARM_UP)
            wait_for_instruments(folder / "state")
            begun, before = time.monotonic(), written(root)
            time.sleep(asked.seconds)
            after, seconds = written(root), time.monotonic() - begun
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)
    total = 0.0
    for module in sorted(after):
        a_day = (after[module] - before.get(module, 0)) / seconds * _DAY
        total += a_day
        print(f"{module:45} {a_day / 1e6:9.1f} MB a day")
    print(f"{'all of it':45} {total / 1e6:9.1f} MB a day, measured for {seconds:.0f} s with {asked.scene}")
    for name, size in sorted(sizes(folder / "state").items(), key=lambda one: -one[1]):
        print(f"    {name:41} {size / 1e3:9.0f} kB on the disk in the end")
    print(folder)


if __name__ == "__main__":
    main()
