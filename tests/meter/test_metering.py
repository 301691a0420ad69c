"""A meter's process hears a program that records, and is started again when it dies, later each time."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

from fakes.jack import wait_until
from reverie.meter.messages import INPUT, OWN, LevelHeard, MeterState
from reverie.meter.metering import LevelMeter
from reverie.processes.helper import RETRY, HelperProcess

RECORDER = """
import sys, time
loud = int(sys.argv[1])
period = b"".join(one.to_bytes(2, "little", signed=True) for one in (loud, -loud))
while True:
    sys.stdout.buffer.write(period * 800)
    sys.stdout.buffer.flush()
    time.sleep(0.1)
"""
"""Writes a square wave, 1,600 samples at a time."""


def recorder(folder: Path, text: str, *arguments: str) -> dict[str, object]:
    path = folder / "recorder.py"
    path.write_text(text)
    return {"hear": INPUT, "kind": "command", "device": None, "command": [sys.executable, str(path), *arguments]}


@pytest.fixture
def meter(tmp_path: Path) -> Iterator[LevelMeter]:
    with closing(LevelMeter(recorder(tmp_path, RECORDER, str(1 << 14)))) as meter:
        yield meter


def levels(meter: LevelMeter, count: int = 3) -> list[LevelHeard]:
    found: list[LevelHeard] = []

    def enough() -> bool:
        found.extend(meter.receive())
        return len(found) >= count

    wait_until(enough)
    return found


def state(meter: LevelMeter) -> MeterState:
    """What it says of itself now."""
    meter.receive()
    return meter.state


def process_of(meter: LevelMeter) -> psutil.Process:
    [child] = [one for one in psutil.Process().children() if "reverie.meter.metering" in _command(one)]
    return child


def _command(process: psutil.Process) -> list[str]:
    """What a process was started as; nothing is known of one that has ended."""
    with suppress(psutil.NoSuchProcess):  # a zombie is one, too
        return process.cmdline()
    return []


def test_the_level_of_what_a_program_records_is_heard(meter: LevelMeter) -> None:
    begun = time.monotonic()
    heard = levels(meter)
    assert {one.dbfs for one in heard} == {-6.0}
    assert all(begun - 1 < one.time <= time.monotonic() for one in heard)
    assert meter.state.up
    assert "recorder.py" in meter.state.detail


def test_a_meter_that_dies_takes_its_program_along_and_says_so(meter: LevelMeter) -> None:
    levels(meter)
    process = process_of(meter)
    [program] = process.children()
    process.kill()
    wait_until(lambda: not state(meter).up)
    assert meter.state == MeterState(up=False, detail="the meter has died, and is started again")
    program.wait(5.0)
    assert levels(meter), "it hears again by itself"
    assert meter.lives == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [("import sys; sys.exit('no such card: hw:7')", "no such card: hw:7"), ("raise SystemExit(3)", "exit status 3")],
)
def test_a_program_that_ends_is_told_with_its_last_words(tmp_path: Path, text: str, says: str) -> None:
    with closing(LevelMeter(recorder(tmp_path, text))) as meter:
        wait_until(lambda: says in state(meter).detail)
        assert not meter.state.up
        assert meter.state.able


def test_a_program_that_is_missing_is_named() -> None:
    settings = {"hear": INPUT, "kind": "command", "device": None, "command": ["no-such-recorder"]}
    with closing(LevelMeter(settings)) as meter:
        wait_until(lambda: "no-such-recorder is not installed" in state(meter).detail)


def test_what_nobody_can_listen_to_is_no_fault_of_the_meter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody-serves-here")
    with closing(LevelMeter({"hear": OWN, "audio": "auto", "client": "reverie"})) as meter:
        wait_until(lambda: not state(meter).able)
        assert "an input under `monitor` can" in meter.state.detail


def test_a_helper_that_dies_again_and_again_is_started_later_each_time() -> None:
    with closing(HelperProcess("reverie.no_such_module", {}, MeterState, 40.0)) as helper:
        now, begun = 1000.0, [1000.0]
        for _ in range(6):
            lives = helper.lives
            helper.receive(now)
            assert helper.lives == lives + 1
            assert helper._child is not None
            helper._child.wait()
            helper.receive(now)
            assert helper._starts_at > now
            now = helper._starts_at
            begun.append(now)
        waits = [after - before for before, after in itertools.pairwise(begun)]
        assert waits == [RETRY, 6.0, 12.0, 24.0, 40.0, 40.0]
        now += 100.0
        helper.receive(now)
        assert helper._child is not None
        helper._child.wait()
        helper.receive(now + 61.0)
        assert helper._starts_at == now + 61.0 + RETRY, "one that lived long is started at once"
