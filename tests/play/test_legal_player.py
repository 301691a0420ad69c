"""Every byte that the player sends is legal, whatever it is told and however long it plays."""

from __future__ import annotations

import contextlib
import os
import random
import select
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.legal import LegalStream
from fakes.patience import PATIENCE
from fakes.playing import RealPlayer, Studio, loop, place, scene
from reverie.midi.din_wire import DinLine
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre, Tempo
from reverie.play.messages import BarPlayed, Panic, Part, Rest, SetOverrides, SlotState, Stop
from reverie.play.slot_settings import ChannelSound, SlotSettings

BAR = Metre().bar_ticks
PARTS = (
    Part("lead", "main", 1, program=5),
    Part("bass", "main", 2),
    Part("other", "main", 1),
    Part("drums", "two", 10),
)
TEN_MINUTES = 300
"""Bars of 4/4 at 120."""


def studio(folder: Path) -> Studio:
    return Studio(
        folder,
        main=SlotSettings({}, clock=True, volume=90, fade=1.0, sounds={1: ChannelSound(4, 200)}),
        two=SlotSettings({}, clock=True, latency=0.03, channels={10: 3}, absent="main"),
    )


def check(room: Studio) -> None:
    """Hold what went to each slot against the specification: as packets, and as bytes on a cable."""
    for name, output in room.outputs.items():
        packets, cable = LegalStream(packets=True, joining=True), LegalStream(joining=True)
        line = DinLine()
        for at, message in output.sent:
            packets.feed(message, at)
            line.push(message, at)
            cable.feed(line.rest(at), at)
        assert not packets.end().faults, f"{name}: {packets.report()}"
        assert not cable.end().faults, f"{name}: {cable.report()}"
        assert line.skipped == 0


def music(chance: random.Random, bars: int) -> Loop:
    starts = [chance.randrange(bars * BAR) for _ in range(chance.randrange(1, 60))]
    notes = [Note(start, chance.randint(1, bars * BAR - start), chance.randint(55, 65)) for start in starts]
    pad = [Note(bar * BAR, BAR, chance.randint(66, 68), tied=True) for bar in range(bars)]
    return loop(*notes, *pad, bars=bars)


def test_ten_minutes_of_everything_are_legal_to_the_last_byte(tmp_path: Path) -> None:
    chance, room = random.Random(4), studio(tmp_path)
    epoch = 0
    while len(room.bars) < TEN_MINUTES:
        match chance.choice(["scene", "rest", "steer", "panic", "loop"] if epoch else ["scene"]):
            case "scene":
                epoch += 1
                parts = chance.sample(PARTS, chance.randint(1, len(PARTS)))
                room.tell(scene(*parts, epoch=epoch, at_bar=len(room.bars) + 1, tempo=Tempo(chance.uniform(40, 240))))
                room.tell(*(place(music(chance, chance.randint(1, 4)), part=part.name, epoch=epoch) for part in parts))
            case "rest":
                room.tell(Rest(on=chance.random() < 0.5))
            case "steer":
                muted = tuple(chance.sample(["lead", "bass", "drums"], chance.randrange(3)))
                room.tell(SetOverrides(chance.choice([None, 90.0, 200.0]), chance.random(), muted))
            case "panic":
                room.tell(Panic())
            case _:
                room.tell(place(music(chance, 1), chance.randrange(300), part="lead", epoch=epoch))
        room.play(chance.randint(1, 4))
    room.player.close()
    check(room)
    assert sum(len(output.sent) for output in room.outputs.values()) > 10 * TEN_MINUTES


adversarial = st.lists(
    st.builds(
        lambda start, length, pitch, velocity: Note(start, min(length, 2 * BAR - start), pitch, velocity),
        st.integers(0, 2 * BAR - 1),
        st.integers(1, 2 * BAR),
        st.one_of(st.integers(60, 62), st.integers(0, 127)),
        st.integers(1, 127),
    ),
    max_size=40,
).map(lambda notes: loop(*notes, bars=2))


@settings(deadline=None, max_examples=60)
@given(st.lists(adversarial, min_size=3, max_size=3), st.sampled_from([30.0, 119.7, 400.0]))
def test_loops_that_mean_harm_are_played_legally(loops: Sequence[Loop], qpm: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        room = studio(Path(folder))
        parts = PARTS[:3]
        room.tell(scene(*parts, tempo=Tempo(qpm)))
        room.tell(*(place(music, part=part.name) for part, music in zip(parts, loops, strict=True)))
        room.play(3)
        room.tell(scene(*parts[:1], epoch=2), place(loops[1], epoch=2))
        room.play(2)
        room.player.close()
        check(room)


@contextlib.contextmanager
def cable(folder: Path) -> Generator[tuple[Path, int]]:
    """A pipe in place of a DIN cable, and its far end."""
    pipe = folder / "cable"
    os.mkfifo(pipe)
    far = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield pipe, far
    finally:
        os.close(far)


def read(far: int, stream: LegalStream, seconds: float) -> bool:
    """Take in what arrives, for so long or until nobody writes any more; whether somebody still does."""
    limit = time.monotonic() + seconds
    while (left := limit - time.monotonic()) > 0:
        if select.select([far], [], [], left)[0]:
            piece = os.read(far, 1 << 16)
            if not piece:
                return False
            stream.feed(piece, time.monotonic())
    return True


HOSTILE = tuple(
    '{"type":"place","epoch":1,"part":"lead","recipe":"","start_bar":0,"times":1,"loop":%s}\n'.replace("%s", broken)
    for broken in (
        '{"bars":1,"metre":"4/4","notes":[[0,10,200,100]]}',
        '{"bars":1,"metre":"4/4","notes":[[0,0,60,100]]}',
        '{"bars":1,"metre":"4/4","notes":[[0,NaN,60,100]]}',
        '{"bars":1,"metre":"4/4","notes":[[0,1e400,60,100]]}',
        '{"bars":1,"metre":"4/4","notes":[[-5,10,60,100]]}',
        '{"bars":1,"metre":"4/4","notes":[[0,99999,60,100]]}',
        '{"bars":1,"metre":"0/0","notes":[]}',
        '{"bars":16,"metre":"4/4","notes":[' + ",".join(["[0,10,60,100]"] * 100_000) + "]}",
        "null",
        "[]",
    )
)


COMPLAINTS = 20
"""Times that the player is told what it then complains of, to a pipe that is read at its end."""


@pytest.mark.real
@pytest.mark.parametrize(
    "seconds", [6, pytest.param(600, marks=[pytest.mark.slow, pytest.mark.timeout(700)])], ids=["short", "ten minutes"]
)
def test_a_real_player_says_nothing_illegal_on_a_real_cable(tmp_path: Path, seconds: int) -> None:
    chance, stream = random.Random(seconds), LegalStream(joining=True)
    with cable(tmp_path) as (pipe, far):
        slot = {"kind": "din", "device": str(pipe), "clock": True, "volume": 100, "fade": 0.5}
        player = RealPlayer(tmp_path, {"main": slot})
        try:
            player.hear(SlotState, lambda state: state.up)
            begun, epoch = time.monotonic(), 0
            parts = PARTS[:3]
            while time.monotonic() < begun + seconds:
                epoch += 1
                player.tell(scene(*parts, epoch=epoch, tempo=Tempo(chance.uniform(60, 180))))
                player.tell(*(place(music(chance, 2), part=part.name, epoch=epoch) for part in parts))
                for message in HOSTILE if epoch <= COMPLAINTS else ():
                    player.socket.sendall(message.encode())
                assert read(far, stream, chance.uniform(1, 3))
                player.tell(
                    chance.choice([Panic(), Rest(on=True), Rest(on=False), SetOverrides(volume=chance.random())])
                )
                assert read(far, stream, chance.uniform(0, 1))
                player.tell(Rest(on=False))
                player.hear(BarPlayed)
                player.heard.clear()
            player.tell(Stop())
            assert not read(far, stream, 20)
            assert player.process.wait(PATIENCE) == 0
        finally:
            player.end()
    assert not stream.end().faults, stream.report()
    assert len(stream.messages) > 40 * seconds
    assert any(message[0] == 0xF8 for _, message in stream.messages)
