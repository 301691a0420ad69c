"""The whole daemon as a process, with a home of its own, as a technician would see it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import yaml

from fakes.jack import wait_until
from fakes.patience import PATIENCE

ERRANDS = frozenset({"reverie.audition.picture_maker", "reverie.browser_sounds.maker"})
"""Modules of processes that come and go by themselves."""
STUDY = """
name: study
title: A study in haste
tempo: 240
metre: 4/4
key: D
scale: dorian
seed: 3
voices:
  beat:
    kind: drums
    model: drum_kit
    primer: {bass: "x... x... x... x..."}
    bars: 1
    evolve: {hold: 1, then: [continue, mutate]}
    density: [1, 32]
    output: {slot: main, channel: 10, program: 0}
  bass:
    kind: bass
    model: attention_rnn
    primer: "D2 - - - - - - - A2 - - - C3 - - -"
    register: [C2, C4]
    bars: 1
    evolve: {hold: 2, then: [continue, loop, reset]}
    density: [0.5, 16]
    output: {slot: main, channel: 2, program: 32}
  lead:
    kind: melody
    model: attention_rnn
    primer: "D4 - - - F4 - A4 - G4 - - - E4 - - -"
    register: [C4, C6]
    bars: 2
    evolve: {hold: 1, then: [continue, mutate, reset]}
    density: [0.5, 16]
    output: {slot: main, channel: 1, program: 11}
"""
"""A bar a second, so that a hundred bars fit into a test."""

PADS = """
name: pads
title: Pads
tempo: 240
key: D
scale: dorian
harmony: {chords: "Dm9 | G13", every: 8}
voices:
  pad: {kind: chords, bars: 2, register: [C3, C5], output: {channel: 3}}
  pulse: {kind: chords, bars: 1, register: [C3, C5], style: broken, output: {channel: 4}}
"""
"""Eight bars of a chord last eight seconds; no model is needed."""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def free_udp_port() -> int:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Daemon:
    """``reverie run`` with a site and a scene of its own in ``folder``."""

    def __init__(self, folder: Path, slots: Mapping[str, Any], scene: str = STUDY, **site: Any) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.port = free_port()
        (folder / "scenes").mkdir(parents=True, exist_ok=True)
        self.scene = str(yaml.safe_load(scene)["name"])
        (folder / "scenes" / f"{self.scene}.yaml").write_text(scene)
        self.config = folder / "reverie.yaml"
        settings = {
            "scene": self.scene,
            "scenes": ["scenes"],
            "state": "state",
            "slots": dict(slots),
            "health": {"port": self.port},
        }
        self.config.write_text(yaml.safe_dump(settings | site))
        self.log = folder / "daemon.log"
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "REVERIE_"))}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)  # or TensorFlow takes thrice as long to import
        return kept | {"HOME": str(self.folder / "home"), "XDG_RUNTIME_DIR": str(self.folder / "run")}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "reverie.cli.main", *arguments, "--config", str(self.config)]

    def start(self, *arguments: str) -> Daemon:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command("run", *arguments), stdout=log, stderr=log, env=self.environment(), start_new_session=True
            )
        return self

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command of ``reverie``, about this daemon."""
        command = self.command(*arguments)
        return subprocess.run(command, capture_output=True, text=True, check=False, env=self.environment())

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
            return answer.read().decode()

    def status(self) -> dict[str, Any]:
        return json.loads(self.get("/status"))

    def records(self) -> list[dict[str, Any]]:
        """What was done at the controls."""
        path = self.state / "uses.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that have these labels."""
        total = 0.0
        for line in self.get("/metrics").splitlines():
            match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if match and match[1] == name:
                found = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
                if labels.items() <= found.items():
                    total += float(match[3])
        return total

    def answers(self) -> bool:
        try:
            self.status()
        except OSError:
            assert self.process is not None
            assert self.process.poll() is None, f"the daemon ended by itself:\n{self.log.read_text()}"
            return False
        return True

    def wait_for_bars(self, count: int, seconds: float = PATIENCE) -> None:
        """Until so many bars have gone out since the start."""
        wait_until(self.answers, seconds)
        wait_until(lambda: self.metric("reverie_bars_played_total") >= count, seconds)

    def wait_for_models(self, seconds: float = 90.0) -> None:
        """Until every voice plays what was composed in this run."""
        wait_until(self.answers, seconds)
        wait_until(lambda: self.metric("reverie_loops_composed_total") >= 3, seconds)

    def pid(self, role: str) -> int | None:
        return next(process["pid"] for process in self.status()["processes"] if process["role"] == role)

    def family(self) -> list[psutil.Process]:
        """The daemon's own process and all that it started."""
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def lasting_family(self) -> list[psutil.Process]:
        """The same, without those that are sent on an errand, such as to make a sound for browsers: these end soon."""
        found: list[psutil.Process] = []
        for member in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                if not any(_is_errand(one) for one in (member, *member.parents())):
                    found.append(member)
        return found

    def stop(self, number: int = signal.SIGTERM, patience: float = PATIENCE) -> tuple[int, float]:
        """Send a signal; the exit status and how many seconds it took."""
        assert self.process is not None
        begun = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(patience), time.monotonic() - begun

    def kill(self) -> None:
        """For the end of a test, however it went."""
        if self.process is not None and self.process.poll() is None:
            family = self.family()
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(family, timeout=PATIENCE)
            self.process.wait()


def _is_errand(process: psutil.Process) -> bool:
    return any(argument in ERRANDS for argument in process.cmdline())
