"""MIDI clock as others hear it: a program of other people follows it, and its ticks are where they should be."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from fakes import isobar_follower
from fakes.jack import Jack, Receiver
from fakes.playing import RealPlayer, place, scene, steps
from reverie.music.time import Tempo
from reverie.play.messages import BarPlayed, SlotState

pytestmark = [pytest.mark.real, pytest.mark.alone]

BEATS = 24
CLOCK = 0xF8


@pytest.fixture
def follower(jack: Jack) -> Iterator[subprocess.Popen[str]]:
    program = subprocess.Popen(
        [sys.executable, isobar_follower.__file__, "follower", str(BEATS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert program.stdout is not None
    try:
        assert any(line == "ready\n" for line in program.stdout)
        yield program
    finally:
        program.kill()
        program.wait()
        program.stdout.close()


def test_another_program_follows_our_clock(follower: subprocess.Popen[str], tmp_path: Path) -> None:
    player = RealPlayer(tmp_path, {"main": {"kind": "port", "match": "follower", "api": "jack", "clock": True}})
    try:
        player.hear(SlotState, lambda state: state.up)
        player.tell(scene(tempo=Tempo(104)), place(steps(60, 62, 64, 65)))
        assert follower.stdout is not None
        heard = json.loads(next(line for line in follower.stdout if line.startswith("{")))
    finally:
        player.end()
    assert heard["tempo"] == pytest.approx(104, rel=0.1)  # its estimate is a mean of what wakes it up
    gaps = [after - before for before, after in pairwise(heard["beats"])]
    assert statistics.median(gaps) == pytest.approx(60 / 104, rel=0.02)
    beat = 60 / 104
    apart = [min(abs(note - moment) for moment in heard["beats"]) for note in heard["notes"][2:-2]]
    assert statistics.median(apart) < 0.1 * beat, "our notes fall on its beats"


def test_clock_ticks_come_at_even_distances(jack: Jack, tmp_path: Path) -> None:
    receiver = Receiver("synth")
    player = RealPlayer(tmp_path, {"main": {"kind": "port", "match": "^synth:", "api": "jack", "clock": True}})
    try:
        player.hear(SlotState, lambda state: state.up)
        player.tell(scene(), place(steps(60)))
        bars = [player.hear(BarPlayed, lambda bar, number=number: bar.bar == number) for number in range(6)]
        messages = [message for message in receiver.messages if message[0] == CLOCK]
        moments = [at for at, m in zip(receiver.moments, receiver.messages, strict=False) if m[0] == CLOCK]
    finally:
        player.end()
        receiver.close()
    assert len(messages) >= 6 * 96
    assert all(len(bar.clock_lateness) >= 95 for bar in bars)
    gaps = [after - before for before, after in pairwise(moments)]
    assert statistics.median(gaps) == pytest.approx(0.5 / 24, rel=0.3)  # a JACK period is a quarter of it
    assert (moments[-1] - moments[0]) / (len(moments) - 1) == pytest.approx(0.5 / 24, rel=0.005)
