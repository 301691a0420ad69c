"""The calendar of a real player's machine is turned about while it plays; no note moves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from fakes.jack import Jack, Receiver, need
from fakes.playing import RealPlayer, loop, place, scene
from fakes.stalls import Stalls
from reverie.music.notes import Note
from reverie.play.messages import BarPlayed, PlayerReady, SlotState

pytestmark = pytest.mark.real

ON = 0x90
STEPS = ("+60", "-60", "+3600", "-3600", "1970", "2026")
GAP = 0.125


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


def library() -> str:
    """The library that turns the calendar of a process and leaves its monotonic clock alone."""
    need("faketime")
    return str(next(Path("/usr/lib").glob("**/faketime/libfaketime.so.1")))


def turn(calendar: Path, step: str) -> None:
    """Set the calendar, by an offset in seconds or to the beginning of a year."""
    text = f"@{step}-01-01 00:00:01\n" if step.isdecimal() else f"{step}\n"
    beside = calendar.with_suffix(".new")
    beside.write_text(text)
    beside.rename(calendar)


def test_a_calendar_that_jumps_moves_no_note_of_a_real_player(synth: Receiver, tmp_path: Path, stalls: Stalls) -> None:
    calendar = tmp_path / "calendar"
    turn(calendar, "+0")
    player = RealPlayer(
        tmp_path,
        {"main": {"kind": "port", "match": "^synth:", "clock": True}},
        LD_PRELOAD=library(),
        FAKETIME_TIMESTAMP_FILE=str(calendar),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
        FAKETIME_DONT_RESET="1",
    )
    try:
        player.hear(PlayerReady)
        player.hear(SlotState, lambda state: state.up)
        sixteenths = loop(*(Note(120 * step, 60, 60 + step) for step in range(16)))
        player.tell(scene(), place(sixteenths))
        for number, step in enumerate(STEPS):
            player.hear(BarPlayed, lambda bar, number=number: bar.bar >= number)
            turn(calendar, step)
        player.hear(BarPlayed, lambda bar: bar.bar >= len(STEPS) + 1)
    finally:
        player.end()
    bars = [bar for bar in player.heard if isinstance(bar, BarPlayed)]
    assert [bar.sent for bar in bars] == [16] * len(bars)
    assert not any(bar.skipped or bar.dropped for bar in bars)
    starts = [at for at, message in zip(synth.moments, synth.messages, strict=False) if message[0] == ON]
    gaps = [after - before for before, after in pairwise(starts)]
    slack = 0.5 * GAP + stalls.longest
    assert all(GAP - slack < gap < GAP + slack for gap in gaps), (min(gaps), max(gaps))
    pulses = [at for at, message in zip(synth.moments, synth.messages, strict=False) if message[0] == 0xF8]
    assert max(after - before for before, after in pairwise(pulses)) < 0.06 + stalls.longest
    names = {path.name[:4] for path in (tmp_path / "tape").iterdir()}
    assert {"1970", "2026"} <= names, "the calendar was indeed turned"
