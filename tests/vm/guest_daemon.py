"""The daemon as it is installed, and a listener to its virtual port."""

from __future__ import annotations

import contextlib
import http.client
import importlib
import json
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from guest_report import Report, wait_until

PROGRAM = "/usr/local/bin/reverie"
ROOM = "Room"
"""The virtual port of the slot beside the one with the device."""
TWO_SLOTS = """
name: two-slots
title: Long notes here, a beat there
tempo: 96
metre: 4/4
key: D
scale: dorian
seed: 5
voices:
  long:
    kind: bass
    model: attention_rnn
    primer: "D2 - - - - - - - A2 - - - - - - -"
    register: [C2, C4]
    bars: 2
    evolve: {hold: 4, then: [continue, loop]}
    density: [0.5, 6]
    output: {slot: main, channel: 2, program: 32}
  beat:
    kind: drums
    model: drum_kit
    primer: {bass: "x... x... x... x..."}
    bars: 2
    evolve: {hold: 4, then: [mutate, reset]}
    density: [2, 16]
    output: {slot: room, channel: 10}
"""


def ask(path: str) -> tuple[int, str]:
    """What the daemon's web server answers, and with which status.

    Raises:
        OSError: if it does not.
    """
    connection = http.client.HTTPConnection("127.0.0.1", 8765, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()


def configure(folder: Path, site: Mapping[str, Any]) -> Path:
    """Write a configuration, which plays the scene of two slots if it says nothing else."""
    (folder / "scenes").mkdir(parents=True, exist_ok=True)
    (folder / "scenes" / "two-slots.yaml").write_text(TWO_SLOTS)
    path = folder / "reverie.yaml"
    path.write_text(json.dumps({"scene": "two-slots", "scenes": ["scenes"]} | dict(site)))  # which is YAML too
    return path


def status() -> dict[str, Any]:
    """What the daemon says of itself; nothing as long as it does not answer."""
    with contextlib.suppress(OSError):
        return json.loads(ask("/status")[1])
    return {}


class Daemon:
    """``reverie run`` with a configuration of its own, and a watch over whether it answers."""

    def __init__(self, folder: Path, site: Mapping[str, Any], report: Report) -> None:
        """Write the configuration; ``folder`` holds the state too."""
        self._folder = folder
        self._report = report
        config = configure(folder, {"state": "state"} | dict(site))
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen([PROGRAM, "run", "--config", config], stdout=self._log, stderr=self._log)
        threading.Thread(target=self._watch, daemon=True).start()

    def slot(self, name: str) -> dict[str, Any]:
        """What it says of a slot; nothing as long as it does not answer."""
        if self._process.poll() is not None:
            raise RuntimeError(f"the daemon ended by itself: {self.log()}")
        return next((slot for slot in status().get("slots", []) if slot["name"] == name), {})

    def wait_for_slot(self, name: str, seconds: float = 120.0, *, up: bool = True) -> None:
        """Until a slot has its device, or has lost it."""
        wait_until(lambda: self.slot(name).get("up") is up, seconds, f"slot {name} up: {up}")

    def tape(self) -> str:
        """The journal that is being written."""
        return "".join(path.read_text() for path in sorted((self._folder / "state" / "tape").glob("*.journal")))

    def log(self) -> str:
        """What it has said."""
        return (self._folder / "log").read_text()

    def stop(self) -> int:
        """Ask it to leave."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(60)
        finally:
            self._process.kill()
            self._report("log", text=self.log())

    def _watch(self) -> None:
        while self._process.poll() is None:
            begun = time.monotonic()
            with contextlib.suppress(OSError):  # it does not listen yet, or has left
                well = ask("/healthz")[0] == HTTPStatus.OK
                self._report("health", well=well, took=time.monotonic() - begun)
            time.sleep(0.5)


class Listener:
    """Who is connected to the virtual port, by ALSA's sequencer."""

    def __init__(self, report: Report) -> None:
        """Connect once the port is there."""
        self._report = report
        self.heard = 0
        rtmidi: Any = importlib.import_module("rtmidi")  # it has no types
        self._port = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA, name="Listener")
        wait_until(lambda: self._number() is not None, 120, "the virtual port")
        self._port.set_callback(self._hear)
        self._port.open_port(self._number())

    def close(self) -> None:
        """Leave."""
        self._port.close_port()
        self._port.delete()

    def _number(self) -> int | None:
        names: list[str] = self._port.get_ports()
        return next((number for number, name in enumerate(names) if f":{ROOM} " in name), None)

    def _hear(self, event: tuple[list[int], float], _: object = None) -> None:
        self._report("bytes", by="room", data=bytes(event[0]).hex())
        self.heard += 1
