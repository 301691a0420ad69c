"""Trials of the service as it is installed: an update without a network, a closed home, another zone, a flood."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import resource
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from guest_daemon import ROOM, TWO_SLOTS, ask, configure, status
from guest_devices import load
from guest_report import Report, wait_until
from guest_service import CONFIG, SLOW, run

SOURCES = Path("/usr/local/src/reverie")
LIB = Path("/usr/local/lib/reverie")
HOME = Path("/home/artist/scenes")
SLOTS = {"main": {"kind": "virtual", "name": "Main"}, "room": {"kind": "virtual", "name": ROOM}}
STRANGERS = 1100
FLOOD = 75.0
"""Seconds, more than twice what systemd's watchdog allows."""


def updated(report: Report) -> None:
    """Update without a network, and go back, while the service plays."""
    _start({})
    before = _unit()
    report("playing", unit=before, version=_version(), release=_release())
    failed = _make("install")
    _plays_on()
    report(
        "failed_update",
        status=failed.returncode,
        said=failed.stdout + failed.stderr,
        unit=_unit(),
        version=_version(),
        release=_release(),
        releases=sorted(path.name for path in (LIB / "releases").iterdir()),
    )
    back = _make("rollback")
    _plays_on()
    report("back", status=back.returncode, said=back.stdout + back.stderr, unit=_unit(), release=_release())
    run("systemctl", "restart", "reverie")
    _plays_on()
    command = Path(f"/proc/{_unit()['MainPID']}/cmdline").read_text().replace("\0", " ")
    report("restarted", unit=_unit(), command=command, release=_release())
    run("systemctl", "stop", "reverie")
    report("log", text=run("journalctl", "-u", "reverie", "-o", "cat", "--no-pager"))


def housed(report: Report) -> None:
    """Scenes in a home, which the unit closes; then another time zone; then strangers that say nothing."""
    HOME.mkdir(parents=True)
    (HOME / "mine.yaml").write_text(TWO_SLOTS.replace("name: two-slots", "name: mine"))
    now = dt.datetime.now(dt.UTC)
    east = now + dt.timedelta(hours=6)
    programme = [
        {"at": f"{now - dt.timedelta(hours=3):%H:%M}", "scene": "two-slots"},
        {"at": f"{east - dt.timedelta(hours=3):%H:%M}", "scene": "night-watch"},
    ]
    _start({"scenes": ["scenes", str(HOME)], "scene": "mine", "programme": programme})
    said = status()
    report("closed", faults=said["faults"], scene=said["scene"]["name"], unit=_unit())
    run("timedatectl", "set-timezone", "Etc/GMT-6")
    wait_until(lambda: status().get("scene", {}).get("name") == "night-watch", 60, "the scene of another zone")
    _plays_on()
    report("zone", unit=_unit(), log=run("journalctl", "-u", "reverie", "-o", "cat", "--no-pager"))
    _flood(report)
    run("systemctl", "stop", "reverie")
    report("log", text=run("journalctl", "-u", "reverie", "-o", "cat", "--no-pager"))


def _flood(report: Report) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    before, strangers = _unit(), list[socket.socket]()
    limit = time.monotonic() + FLOOD
    while time.monotonic() < limit:
        strangers = [one for one in strangers if not _was_sent_away(one)]
        while len(strangers) < STRANGERS:
            one = socket.socket()
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(("127.0.0.1", 8765))
            strangers.append(one)
        time.sleep(1)
    flooded = _unit()
    for one in strangers:
        one.close()
    wait_until(_answers, 60, "the page, after the flood")
    _plays_on()
    log = run("journalctl", "-u", "reverie", "-o", "cat", "--no-pager")
    report("flood", before=before, flooded=flooded, after=_unit(), log_bytes=len(log))


def _was_sent_away(one: socket.socket) -> bool:
    try:
        gone = one.recv(1024) == b""
    except BlockingIOError:
        return False
    except OSError:
        gone = True
    if gone:
        one.close()
    return gone


def _answers() -> bool:
    with contextlib.suppress(OSError, ValueError):
        return "version" in json.loads(ask("/status")[1])
    return False


def _start(site: Mapping[str, Any]) -> None:
    load("snd-seq")
    configure(CONFIG, {"slots": SLOTS} | dict(site))
    SLOW.parent.mkdir()
    SLOW.write_text("[Service]\nTimeoutStartSec=300\nTimeoutStopSec=120\n")
    run("systemd-sysusers", "/usr/local/lib/sysusers.d/reverie.conf")
    run("systemd-tmpfiles", "--create", "/usr/local/lib/tmpfiles.d/reverie.conf")
    run("systemctl", "daemon-reload")
    run("systemctl", "start", "reverie")
    wait_until(_answers, 120, "the page")


def _plays_on() -> None:
    """Until two more bars have gone out."""
    seen = {_bar()}

    def more() -> bool:
        seen.add(_bar())
        return len(seen) > 2

    wait_until(more, 180, "two more bars")


def _bar() -> int:
    """The bar that systemd was told last."""
    return int((re.search(r"bar ([0-9]+)", _unit()["StatusText"]) or ["", "0"])[1])


def _unit() -> dict[str, str]:
    wanted = "ActiveState,Result,NRestarts,StatusText,MainPID"
    return dict(re.findall(r"^(\w+)=(.*)$", run("systemctl", "show", "reverie", "--property", wanted), re.MULTILINE))


def _version() -> str:
    return run("/usr/local/bin/reverie", "--version").strip()


def _release() -> str:
    return str((LIB / "current").readlink())


def _make(target: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HOME": "/root", "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    return subprocess.run(
        ["make", "-C", SOURCES, target, "PREFIX=/usr/local", "SYSCONFDIR=/usr/local/etc"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=300,
    )
