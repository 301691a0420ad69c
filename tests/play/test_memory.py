"""The player's memory, which is not to be swapped out while it plays, and not to grow."""

from __future__ import annotations

import ctypes
import gc
import random
import resource
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from fakes.outputs import RecordingSampler
from fakes.playing import Studio, loop, scene
from reverie.music.notes import Note
from reverie.music.time import Tempo
from reverie.play import worker
from reverie.play.messages import Panic, Part, Place, Rest, SetOverrides, TakeBank, ToPlayer
from reverie.play.outputs.output import Line
from reverie.play.slot_settings import SlotSettings
from reverie.processes.codec import from_message, to_message
from reverie.processes.wire import decode, encode


@pytest.mark.parametrize(("limit", "asked"), [(resource.RLIM_INFINITY, [7]), (8 << 20, [])])
def test_memory_is_locked_where_no_limit_would_later_refuse_it(
    monkeypatch: pytest.MonkeyPatch, limit: int, asked: list[int]
) -> None:
    calls = list[int]()
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(mlockall=calls.append))
    worker._stay_in_memory()
    assert calls == asked


class Forgetful(RecordingSampler):
    """Keeps nothing of what it is sent."""

    def send(self, message: bytes) -> None:
        pass

    def tell(self, line: Line) -> None:
        pass

    def load(self, font: str) -> None:
        self.fonts[font] = True

    def choose(self, channel: int, font: str, program: int | None = None) -> None:
        pass

    def unload(self, font: str) -> None:
        self.fonts.pop(font, None)


class Endless:
    """A lively installation: loops, scenes, hands, banks, rests and a device that comes and goes, for ever."""

    def __init__(self, folder: Path) -> None:
        slots = {
            "main": SlotSettings({}, volume=100, fade=0.5),
            "far": SlotSettings({}, latency=0.02),
        }
        self._studio = Studio(folder, leaders=None, outputs=Forgetful, **slots)
        self._studio.slots["main"].stand_in = self._studio.slots["far"]
        self._chance = random.Random(1)
        self._epoch = 0

    def play(self, scenes: int) -> None:
        """Play so many scenes, of 16 bars each."""
        for _ in range(scenes):
            self._epoch += 1
            parts = [Part(f"v{n}", ("main", "far", "none")[n % 3], n % 4 + 1, program=n) for n in range(6)]
            self._say(scene(*parts, epoch=self._epoch, tempo=Tempo(300, 4, 48), name=f"s{self._epoch % 3}"))
            self._say(*(self._loop(part.name, 0) for part in parts))
            for bar in range(0, 16, 4):
                self._say(*(self._loop(part.name, bar + 4) for part in parts))
                self._say(
                    SetOverrides(self._chance.choice([None, 280.0]), self._chance.random(), ("v1",) if bar == 4 else ())
                )
                self._say(Rest(on=bar == 8))
                font = f"/{self._chance.random()}.sf2"
                self._say(TakeBank(self._epoch, "v0", font, font, other_channel=9, fade_bars=1))
                if bar == 12:
                    self._say(Panic())
                self._studio.output.there = bar != 8
                self._studio.play(4)
                studio = self._studio
                for heard in (studio.bars, studio.begun, studio.states, studio.taken, studio.synced):
                    heard.clear()

    def _say(self, *messages: ToPlayer) -> None:
        self._studio.tell(*(from_message(ToPlayer, decode(encode(to_message(message)))) for message in messages))

    def _loop(self, part: str, bar: int) -> Place:
        notes = (Note(240 * step, 200, 40 + self._chance.randrange(40)) for step in range(16))
        recipe = f"{self._chance.getrandbits(64):x}"
        return Place(self._epoch, part, recipe, bar, 2, loop(*notes, bars=2))


def test_a_thousand_bars_leave_nothing_behind(tmp_path: Path) -> None:
    endless = Endless(tmp_path)
    endless.play(20)  # what is kept by design is full then: the pieces of the map of time, for late slots

    def blocks() -> int:
        gc.collect()
        return sys.getallocatedblocks()

    before = blocks()
    endless.play(63)
    assert blocks() - before < 200, "1,000 bars of 6 voices took memory for good"
