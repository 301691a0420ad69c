"""How late notes are that Reverie's player plays, and others: each in a process of its own, in turn under each load."""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from reverie.bench.play_drift import drift_us
from reverie.bench.play_loads import COMPOSE, IDLE, LOADS, running
from reverie.bench.play_ours import play
from reverie.bench.play_peers import missing
from reverie.bench.play_score import BAR, SETTLING, ArrivedNote, figures, lateness
from reverie.bench.play_targets import MAGENTA, NAMES, ORDINARY, OURS, TARGETS, summary
from reverie.bench.processes import BenchError, processor
from reverie.bench.targets import held_against
from reverie.processes.children import own_module

_PEERS = (MAGENTA, "magenta_sleeper", "isobar", "mido")
_IN_ONE_PROCESS = {MAGENTA, "magenta_sleeper"}
"""Peers that compose in the process that plays, by their design."""
_PACKAGES = ("magenta", "tensorflow", "isobar", "mido")


def measure(seconds: float, loads: Sequence[str] = tuple(LOADS)) -> dict[str, Any]:
    """All figures of all players, each playing so many seconds of music under each load.

    Raises:
        ReverieError: if a player that is installed does not play.
    """
    bars = math.ceil(seconds / BAR) + SETTLING
    busy = [os.getloadavg()[0]]
    left_out = {
        name: f"{NAMES[name]} is left out: {package} is not installed (`make magenta`, or `make test` for all)."
        for name in _PEERS
        if (package := missing(name)) is not None
    }
    players: dict[str, dict[str, Any]] = {name: {} for name in (OURS, ORDINARY, *_PEERS) if name not in left_out}
    realtime = False
    for load in loads:
        for name, rows in players.items():
            _tell(f"{load}: {NAMES[name]}")
            if name in {OURS, ORDINARY}:
                with running(load):
                    played = play(bars, realtime=name == OURS)
                rows[load] = played.figures
                realtime = played.realtime if name == OURS else realtime
            else:
                rows[load] = _peer(name, bars, load)
    busy.append(os.getloadavg()[0])
    figures_that_count = summary(players)
    return {
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "load": busy,
            "python": platform.python_version(),
            **_versions(),
        },
        "seconds": seconds,
        "realtime": realtime,
        "loads": {load: LOADS[load] for load in loads},
        **figures_that_count,
        "drift_of_arithmetic_us": drift_us(),
        "targets": held_against(tuple(t for t in TARGETS if t.field in figures_that_count), figures_that_count),
        "left_out": left_out,
        "players": players,
    }


def _peer(name: str, bars: int, load: str) -> dict[str, Any]:
    """What a peer's process answers.

    Raises:
        BenchError: if it fails; it has then said why.
    """
    together = load == COMPOSE and name in _IN_ONE_PROCESS
    command = own_module("reverie.bench.play_peers", name, "--bars", str(bars))
    with running(IDLE if together else load):
        done = subprocess.run(
            command + ["--compose"] * together, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False
        )
    if done.returncode:
        raise BenchError(f"{NAMES[name]} did not play; the reason stands above.")
    answer = json.loads(done.stdout.splitlines()[-1])
    struck = (ArrivedNote(at, pitch) for at, pitch in answer["arrivals"])
    return {**figures(lateness(struck, answer["start"], bars)), "composed": answer["composed"]}


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - progress
