"""The real player with a real JACK port: plans that are told ahead arrive on the bars for which they are meant."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from fakes.jack import Jack, Receiver, wait_until
from fakes.playing import LEAD, RealPlayer, place, scene, steps
from fakes.stalls import Stalls
from reverie.music.time import Tempo
from reverie.play.messages import BarPlan, BarPlayed, PartPlan, SlotState, TellBars

pytestmark = pytest.mark.real

QPM, BARS = 240.0, 8
BAR = 4 * 60 / QPM
PITCHES = (60, 62, 64, 65)
"""A bar has these; by the first one a bar is known."""


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


@pytest.fixture
def player(tmp_path: Path, synth: Receiver) -> Iterator[RealPlayer]:
    player = RealPlayer(tmp_path, {"main": {"kind": "port", "match": "^Synth:", "volume": 90}})
    player.hear(SlotState, lambda state: state.up)
    yield player
    player.end()


def lead(
    bar: int, *controls: tuple[int, int], sounds: bool = True, dynamics: float = 1.0, tempo: float = 1.0
) -> BarPlan:
    return BarPlan(bar, tempo, {"lead": PartPlan(sounds, dynamics, controls)})


def test_plans_that_are_told_ahead_arrive_on_their_bars(player: RealPlayer, synth: Receiver, stalls: Stalls) -> None:
    plans = (
        lead(0, (91, 10)),
        lead(1, (91, 10), dynamics=0.5),
        lead(2, (91, 10), (10, 30), (7, 50), dynamics=0.5),
        lead(3, sounds=False),
        lead(4, dynamics=1.2, tempo=0.5),
        BarPlan(5),
    )
    player.tell(scene(LEAD, tempo=Tempo(QPM)), TellBars(1, 0, plans), place(steps(*PITCHES), times=BARS))
    player.hear(BarPlayed, lambda bar: bar.scene_bar == 1)
    player.tell(TellBars(1, 6, (lead(6, (93, 44), dynamics=0.1),)))
    player.hear(BarPlayed, lambda bar: bar.scene_bar == BARS - 1)
    wait_until(lambda: len(synth.ons) >= 4 * (BARS - 1))

    messages, moments = synth.messages, synth.moments
    heard = [(at, data) for at, data in zip(moments, messages, strict=True) if data[0] & 0xF0 in {0x90, 0xB0}]
    lines = [at for at, data in heard if data[0] == 0x90 and data[1] == PITCHES[0]]
    velocities = [data[2] for _, data in heard if data[0] == 0x90]
    assert velocities[: 4 * (BARS - 1)] == [100] * 4 + [50] * 8 + [120] * 4 + [100] * 4 + [10] * 8
    lengths = [after - before for before, after in pairwise(lines)]
    expected = [BAR, BAR, 2 * BAR, 2 * BAR, BAR, BAR]
    late = 0.02 + stalls.longest
    assert lengths[:6] == pytest.approx(expected, abs=late), "a bar of silence, and one at half the tempo"

    def before_note(number: int) -> list[bytes]:
        """The controllers that come right before the first note of a bar that sounds."""
        place_of = [index for index, (_, data) in enumerate(heard) if data[:2] == bytes((0x90, PITCHES[0]))][number]
        found: list[bytes] = []
        while place_of and heard[place_of - 1][1][0] == 0xB0:
            place_of -= 1
            found.insert(0, heard[place_of][1])
        return found

    def control(number: int, value: int) -> bytes:
        return bytes((0xB0, number, value))

    assert before_note(0)[-2:] == [control(7, 90), control(91, 10)]
    assert before_note(1) == []
    assert before_note(2) == [control(10, 30), control(7, 45)]
    put_back = before_note(3)  # in the silent bar before
    assert sorted(put_back) == sorted([control(91, 40), control(10, 64), control(7, 90)])
    assert before_note(5) == [control(93, 44)]
    silent = next(at for at, data in heard if data == control(10, 64))
    assert silent - lines[2] == pytest.approx(BAR, abs=late), "it is put back on the line of the bar that wants nothing"
