"""The trials of a machine as it is left alone: Debian with the package, which plays because the power is there."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from guest_daemon import ask, status
from guest_devices import Synth, load, load_usb
from guest_report import Report, wait_until
from guest_service import processes, run

STATE = Path("/var/lib/reverie")
LIGHTS = ("127.0.0.1", 9000)
NOTE = b"/reverie/note\0"
SOON = 1.0
"""Seconds between two looks."""


class Lights:
    """Who listens to the slot that needs no device: notes by Open Sound Control."""

    def __init__(self) -> None:
        """Listen from now on."""
        self.notes = 0
        self.first: float | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(LIGHTS)
        threading.Thread(target=self._listen, daemon=True).start()

    def wait(self, more: int, seconds: float) -> None:
        """Until so many more notes have come."""
        wanted = self.notes + more
        wait_until(lambda: self.notes >= wanted, seconds, f"{more} notes of lights")

    def _listen(self) -> None:
        while True:
            if self._socket.recv(8192).startswith(NOTE):
                self.first = self.first or time.monotonic()
                self.notes += 1


def left_alone(report: Report) -> None:
    """The root is read-only under a layer in memory; sound and MIDI come once it plays; then it is stopped."""
    lights = Lights()
    lights.wait(1, 300)
    report("first_note", **_start(lights))
    report("mounts", root=_mount("/"), state=_mount(str(STATE)), cage=_cage())
    report("before", slots=_slots())
    load("snd-dummy")
    seen: list[str] = []
    wait_until(lambda: seen.append(_pcm()) or "RUNNING" in seen[-1], 120, "a running sound card")
    wait_until(lambda: _slots()["main"]["up"], 60, "FluidSynth")
    report("sound", slots=_slots(), status=seen[-1])
    load_usb(1)
    synth = Synth("A", 0, report)
    synth.plug()
    synth.wait_until_there()
    wait_until(lambda: synth.heard > 20, 120, "notes at a synthesizer that came late")
    lights.wait(10, 60)
    report("midi", slots=_slots(), unit=unit(), processes=processes())
    run("systemctl", "reload", "reverie")
    lights.wait(10, 120)
    report("reloaded", unit=unit())
    wait_until(lambda: synth.sounding, 60, "a note that sounds")
    run("systemctl", "stop", "reverie")
    time.sleep(SOON)
    report("stopped", unit=unit(), sounding=sorted(synth.sounding))
    report("log", text=run("journalctl", "-u", "reverie", "-o", "cat", "--no-pager"))


def powered(report: Report) -> None:
    """Play, and say so, until somebody cuts the power.

    ``until=N`` on the kernel's command line ends it after N notes.
    """
    lights = Lights()
    report("booted", mount=_mount(str(STATE)), checked=_checked())
    named = re.search(r"\buntil=(\d+)", Path("/proc/cmdline").read_text())
    lights.wait(1, 300)
    report("first_note", **_start(lights))
    while named is None or lights.notes < int(named[1]):
        report("playing", notes=lights.notes, bar=status().get("bar"), kept=_kept())
        time.sleep(SOON)
    wait_until(lambda: "faults" in status(), 60, "the status")  # music comes before pages
    report("whole", faults=status()["faults"], unit=unit(), kept=_kept(), health=ask("/healthz")[0])
    run("systemctl", "stop", "reverie")
    report("log", text=run("journalctl", "-u", "reverie", "-b", "-o", "cat", "--no-pager"))
    if _mount(str(STATE)):
        run("umount", str(STATE))
    run("sync")


def _start(lights: Lights) -> dict[str, Any]:
    """When which part of the start was over, in seconds since the kernel began."""
    names = "ExecMainStartTimestampMonotonic,ActiveEnterTimestampMonotonic"
    said = dict(re.findall(r"^(\w+)=(\d+)$", run("systemctl", "show", "reverie", "--property", names), re.MULTILINE))
    began, ready = (int(said[name]) / 1e6 for name in names.split(","))
    return {"began": began, "ready": ready, "note": lights.first}


def _slots() -> dict[str, dict[str, Any]]:
    wait_until(lambda: "slots" in status(), 60, "the status")
    return {slot["name"]: slot for slot in status()["slots"]}


def unit() -> dict[str, str]:
    """What systemd says of the service."""
    wanted = "ActiveState,Result,NRestarts,StatusText,MainPID"
    return dict(re.findall(r"^(\w+)=(.*)$", run("systemctl", "show", "reverie", "--property", wanted), re.MULTILINE))


def _mount(path: str) -> str:
    """Kind and options of what is mounted there; nothing where nothing is."""
    done = subprocess.run(
        ["findmnt", "-n", "-o", "FSTYPE,OPTIONS", "--mountpoint", path], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _checked() -> str:
    """What was said as the disk was checked; nothing where none was."""
    command = ["journalctl", "-b", "-u", "systemd-fsck@*", "-o", "cat", "--no-pager"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _cage() -> dict[str, Any]:
    """What the kernel says of the service's main process: what it may, as whom, and what it sees."""
    pid = unit()["MainPID"]
    facts = dict(re.findall(r"^(\w+):\s+(.*)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE))
    wanted = ("Uid", "Groups", "NoNewPrivs", "Seccomp", "CapBnd", "CapEff", "Umask")
    mounts = [line.split() for line in Path(f"/proc/{pid}/mounts").read_text().splitlines()]
    noexec = sorted({mount[1] for mount in mounts if "noexec" in mount[3].split(",")})
    users = Path(f"/proc/{pid}/uid_map").read_text().splitlines()
    return {name: facts[name] for name in wanted} | {"users": users, "noexec": noexec}


def _pcm() -> str:
    return "\n".join(path.read_text() for path in Path("/proc/asound").glob("card*/pcm*p/sub0/status"))


def _kept() -> dict[str, Any]:
    """What lies in the folder of what lasts: how many files, and whether each of JSON can be read."""
    broken: list[str] = []
    names = [path for path in STATE.rglob("*") if path.is_file()]
    for path in names:
        if path.suffix == ".json" and not path.name.startswith("."):
            try:
                json.loads(path.read_bytes())
            except ValueError:
                broken.append(str(path))
            except FileNotFoundError:
                continue
    return {"files": len(names), "broken": broken, "aside": [path.name for path in names if ".broken-" in path.name]}
