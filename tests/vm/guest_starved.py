"""The trial of a machine on which one process after the other stands still: each is cured where it starves."""

from __future__ import annotations

import os
import signal
from typing import Any

from guest_box import Lights, unit
from guest_daemon import status
from guest_devices import Synth, load_usb
from guest_report import Report, wait_until
from guest_service import processes, run

OUTPUT = "reverie.play.output_process.process"
PATIENCE = 300.0
"""Seconds: the watchdog's 30, and a start on an emulated machine."""


def starved(report: Report) -> None:
    """Stop composer, player, the process of the port, and last the conductor, whom systemd alone can help."""
    lights = Lights()
    lights.wait(10, PATIENCE)
    load_usb(1)
    synth = Synth("A", 0, report)
    synth.plug()
    synth.wait_until_there()
    wait_until(lambda: synth.heard > 20, PATIENCE, "notes at the synthesizer")
    report("whole", unit=unit(), workers=_restarts())
    for role in ("composer", "player"):
        was = _worker(role)["pid"]
        os.kill(was, signal.SIGSTOP)
        wait_until(lambda role=role, was=was: _runs_anew(role, was), PATIENCE, f"another {role}")
        _sounds(lights, synth)
        report("cured", stage=role, unit=unit(), workers=_restarts(), faults=status()["faults"])
    ports = [one["pid"] for one in processes() if OUTPUT in one["command"]]
    for pid in ports:
        os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: _ports().isdisjoint(ports), PATIENCE, "other processes of the ports")
    _sounds(lights, synth)
    report("cured", stage="port", unit=unit(), workers=_restarts(), stopped=len(ports))
    os.kill(int(unit()["MainPID"]), signal.SIGSTOP)
    wait_until(lambda: unit()["NRestarts"] == "1" and unit()["ActiveState"] == "active", PATIENCE, "another start")
    _sounds(lights, synth)
    report("cured", stage="conductor", unit=unit(), lives=status().get("lives"))
    run("systemctl", "stop", "reverie")
    report("log", text=run("journalctl", "-u", "reverie", "-o", "cat", "--no-pager"), sounding=sorted(synth.sounding))


def _sounds(lights: Lights, synth: Synth) -> None:
    heard = synth.heard
    lights.wait(20, PATIENCE)
    wait_until(lambda: synth.heard > heard + 20, PATIENCE, "notes at the synthesizer again")


def _worker(role: str) -> dict[str, Any]:
    return next((one for one in status().get("processes", ()) if one["role"] == role), {})


def _runs_anew(role: str, was: int) -> bool:
    return _worker(role).get("pid") not in {None, was} and _worker(role)["state"] == "up"


def _restarts() -> dict[str, int]:
    return {one["role"]: one["restarts"] for one in status()["processes"]}


def _ports() -> set[int]:
    return {one["pid"] for one in processes() if OUTPUT in one["command"]}
