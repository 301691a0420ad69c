"""A synthesizer that is fed and silent is told to people, by what really comes out of it, until it sounds again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psutil
import pytest

from fakes.daemon import Daemon
from fakes.fault_matrix import page_row
from fakes.jack import Jack, need, wait_until
from fakes.patience import PATIENCE
from fakes.stalls import Stalls
from reverie.play.bar_report import TOO_LATE

pytestmark = pytest.mark.real


def fault(daemon: Daemon, kind: str = "sound-missing") -> dict[str, Any]:
    """The fault of that kind; empty while there is none."""
    return next((one for one in daemon.status()["faults"] if one["id"] == kind), {})


def synth_of(daemon: Daemon) -> psutil.Process:
    return next(one for one in daemon.family() if one.name() == "fluidsynth")


def meter_of(daemon: Daemon) -> psutil.Process:
    return next(one for one in daemon.family() if "reverie.meter.metering" in one.cmdline())


def say(synth: psutil.Process, line: str) -> None:
    """Into the shell that FluidSynth reads from its pipe."""
    pipe = os.open(f"/proc/{synth.pid}/fd/0", os.O_WRONLY)
    os.write(pipe, f"{line}\n".encode())
    os.close(pipe)


def outputs(jack: Jack, command: str) -> None:
    for side, number in (("left", 1), ("right", 2)):
        ends = [f"reverie:{side}", f"system:playback_{number}"]
        subprocess.run([command, "-s", jack.name, *ends], check=True, capture_output=True)


def level(daemon: Daemon) -> float:
    return daemon.metric("reverie_sound_level_dbfs", listener="main")


@pytest.fixture
def daemon(jack: Jack, make_daemon: Callable[..., Daemon]) -> Daemon:
    need("fluidsynth")
    daemon = make_daemon({"main": {"kind": "fluidsynth", "audio": "jack"}}).start()
    daemon.wait_for_bars(2)
    wait_until(lambda: daemon.metric("reverie_sound_heard", listener="main") == 1)
    return daemon


def test_a_synthesizer_that_is_turned_down_is_told_with_advice_and_cleared_when_it_sounds(
    daemon: Daemon, stalls: Stalls
) -> None:
    loud = max(level(daemon) for _ in range(5))
    assert -60 < loud < 0
    assert not fault(daemon)
    say(synth_of(daemon), "gain 0")
    turned_down = time.time()
    wait_until(lambda: fault(daemon))
    told = fault(daemon)
    assert told["sentence"] == ("Slot main: FluidSynth is silent though fed: it takes the notes, and nothing comes out")
    assert page_row("synthesizer silent though fed").advises(told["advice"])
    assert told["since"] - turned_down < 24 + stalls.longest, "after some bars, at a second each"
    assert daemon.metric("reverie_fault", id="sound-missing", subject="main") == 1
    assert daemon.metric("reverie_sound_heard", listener="main") == 0
    assert level(daemon) < -100
    assert "No longer so" not in daemon.log.read_text()
    say(synth_of(daemon), "gain 0.6")
    wait_until(lambda: not fault(daemon))
    wait_until(lambda: level(daemon) > -60)  # a rest has no level of its own
    assert "No longer so: Slot main: FluidSynth is silent though fed" in daemon.log.read_text()


def test_outputs_that_lead_nowhere_are_told_until_they_are_connected_again(daemon: Daemon, jack: Jack) -> None:
    outputs(jack, "jack_disconnect")
    wait_until(lambda: fault(daemon))
    assert "connected to no loudspeaker" in fault(daemon)["sentence"]
    assert "jack_connect reverie:left system:playback_1" in fault(daemon)["advice"]
    outputs(jack, "jack_connect")
    wait_until(lambda: not fault(daemon))


def test_the_self_test_says_which_slot_was_heard(daemon: Daemon) -> None:
    def tested() -> dict[str, str]:
        told = daemon.status()["self_test"]
        return {slot["slot"]: slot["outcome"] for slot in told["slots"]} if told else {}

    daemon.run("do", "pause", "--to", "on")
    wait_until(lambda: level(daemon) < -100)
    address = f"http://127.0.0.1:{daemon.port}/api/v1/technician/self-test"
    headers = {"X-Reverie": "page", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address, b"{}", headers), timeout=PATIENCE) as answer:
        assert answer.status == HTTPStatus.OK
    wait_until(tested)
    assert tested() == {"main": "heard"}
    assert "Self-test: slot main was heard by its own meter." in daemon.log.read_text()


def late_a_bar(daemon: Daemon, bars: int, meanwhile: Callable[[], object]) -> float:
    """How many notes came late, for each bar of so many or more, while something happened."""
    played, late = daemon.metric("reverie_bars_played_total"), daemon.metric("reverie_late_total")
    meanwhile()
    daemon.wait_for_bars(int(played) + bars)
    late = daemon.metric("reverie_late_total") - late
    return late / (daemon.metric("reverie_bars_played_total") - played)


def test_a_meter_that_is_killed_costs_no_bar_and_hears_again(daemon: Daemon, stalls: Stalls) -> None:
    before, player = meter_of(daemon), daemon.pid("player")

    def kill() -> None:
        before.kill()
        wait_until(lambda: level(daemon) == 0)
        wait_until(lambda: level(daemon) < 0)

    usual = late_a_bar(daemon, 6, lambda: None)
    assert late_a_bar(daemon, 6, kill) <= 3 * usual + 1
    assert meter_of(daemon).pid != before.pid
    assert daemon.pid("player") == player
    assert not fault(daemon)
    assert daemon.metric("reverie_worker_restarts_total") == 0
    if stalls.longest < TOO_LATE:
        assert daemon.metric("reverie_late_total", severity="dropped") == 0


MICROPHONE = """
import random, sys, time
from pathlib import Path
loud = Path(sys.argv[1])
while True:
    level = 3000 if loud.exists() else 20
    frames = [int(random.gauss(0, level)) for _ in range(1600)]
    sys.stdout.buffer.write(b"".join(max(min(one, 32767), -32768).to_bytes(2, "little", signed=True) for one in frames))
    sys.stdout.buffer.flush()
    time.sleep(0.1)
"""
"""A hall: noise at -64 dBFS, and music above it while there is a file."""


def test_an_amplifier_that_is_off_is_told_by_the_monitor_until_it_is_on(
    jack: Jack, make_daemon: Callable[..., Daemon], tmp_path: Path
) -> None:
    need("fluidsynth")
    program, amplifier = tmp_path / "microphone.py", tmp_path / "amplifier"
    program.write_text(MICROPHONE)
    amplifier.touch()
    command = [sys.executable, str(program), str(amplifier)]
    monitor = {"input": {"kind": "command", "command": command}}
    daemon = make_daemon({"main": {"kind": "fluidsynth", "audio": "jack"}}, monitor=monitor).start()
    daemon.wait_for_bars(2)
    for listener in ("main", "monitor"):
        wait_until(lambda who=listener: daemon.metric("reverie_sound_heard", listener=who) == 1)
    amplifier.unlink()
    wait_until(lambda: fault(daemon))
    assert fault(daemon)["subject"] == "monitor"
    assert "what comes out of main is well, so it is lost behind that" in fault(daemon)["sentence"]
    assert "amplifier and loudspeakers are on" in fault(daemon)["advice"]
    sound = next(stage for stage in stages(daemon) if stage["stage"] == "sound")
    assert (sound["level"], sound["fault"]) == ("bad", "sound-missing")
    amplifier.touch()
    wait_until(lambda: not fault(daemon))


def stages(daemon: Daemon) -> list[dict[str, Any]]:
    """The stages of the music, as technicians see them."""
    return json.loads(daemon.get("/api/v1/technician/state"))["stages"]
