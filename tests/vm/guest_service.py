"""The trial of the service, as it is installed: systemd starts it, and cleans up after it was killed."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from guest_daemon import ROOM, configure, status
from guest_devices import Synth, load_usb
from guest_report import Report, wait_until

CONFIG = Path("/usr/local/etc/reverie")
GROUP = Path("/sys/fs/cgroup/system.slice/reverie.service")

SLOW = Path("/etc/systemd/system/reverie.service.d/slow.conf")
"""An emulated machine takes its time to start a program, such as the one that silences; nothing else is changed."""


def service(report: Report) -> None:
    """Start it; see what it was granted; kill all of it while a note sounds; see it come back."""
    load_usb(1)
    synth = Synth("A", 0, report)
    synth.plug()
    synth.wait_until_there()
    slots = {"main": {"kind": "port", "match": "TestSynth"}, "room": {"kind": "virtual", "name": ROOM}}
    configure(CONFIG, {"slots": slots})
    SLOW.parent.mkdir()
    SLOW.write_text("[Service]\nTimeoutStartSec=300\nTimeoutStopSec=120\n")
    run("systemd-sysusers", "/usr/local/lib/sysusers.d/reverie.conf")
    run("systemd-tmpfiles", "--create", "/usr/local/lib/tmpfiles.d/reverie.conf")
    run("systemctl", "daemon-reload")
    run("systemctl", "start", "reverie")
    report("started", unit=_unit())
    wait_until(lambda: synth.heard, 120, "a byte at the device")
    exposure = run("systemd-analyze", "security", "reverie", "--no-pager")
    report("playing", unit=_unit(), processes=processes(), exposure=exposure)
    heard = synth.heard
    wait_until(lambda: synth.heard > heard + 60 and synth.sounding, 120, "a note that sounds")
    (GROUP / "cgroup.kill").write_text("1")  # SIGKILL to each process at the same moment
    report("killed", sounding=sorted(synth.sounding))
    wait_until(lambda: _unit()["NRestarts"] == "1" and _unit()["ActiveState"] == "active", 300, "another start")
    heard = synth.heard
    wait_until(lambda: synth.heard > heard + 60, 180, "notes again")
    report("again", unit=_unit())
    run("systemctl", "stop", "reverie")
    report("stopped", unit=_unit(), log=run("journalctl", "-u", "reverie", "-o", "short-monotonic", "--no-pager"))


def run(*command: str) -> str:
    """What a command says.

    Raises:
        RuntimeError: if it fails.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        log = subprocess.run(
            ["journalctl", "-b", "--no-pager", "-n", "60"], capture_output=True, text=True, check=False
        )
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}\n{log.stdout}")
    return done.stdout


def _unit() -> dict[str, str]:
    """What systemd says of the service; times are microseconds of the monotonic clock."""
    wanted = "ActiveState,Result,NRestarts,StatusText,ExecStopPost,ExecMainStartTimestampMonotonic"
    return dict(re.findall(r"^(\w+)=(.*)$", run("systemctl", "show", "reverie", "--property", wanted), re.MULTILINE))


def processes() -> list[dict[str, Any]]:
    """Every process of the service: what it is, by which rules it is given the processor, and as whom it runs."""
    roles = {process["pid"]: process["role"] for process in status()["processes"]}
    found: list[dict[str, Any]] = []
    for pid in map(int, (GROUP / "cgroup.procs").read_text().split()):
        facts = Path(f"/proc/{pid}/status").read_text()
        found.append(
            {
                "pid": pid,
                "role": roles.get(pid),
                "command": Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " "),
                "real_time": os.sched_getscheduler(pid) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO,
                "locked": int((re.search(r"^VmLck:\s+(\d+)", facts, re.MULTILINE) or ["", "0"])[1]),
                "user": int((re.search(r"^Uid:\s+(\d+)", facts, re.MULTILINE) or ["", "-1"])[1]),
            }
        )
    return found
