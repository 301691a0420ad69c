"""The balance between two banks by ear: FluidSynth plays into a file while a hand moves, and that is measured."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fakes.jack import need
from fakes.playing import RealPlayer, loop, scene
from fakes.sine_banks import FIRST_HARMONIC, PARTIALS, RATE, bank, heard, level, strength
from reverie.music.notes import Note
from reverie.music.time import Tempo
from reverie.play.messages import BankTaken, BarPlayed, BlendBanks, Part, Place, SlotState, TakeBank

pytestmark = pytest.mark.real

BARS = 12
SWEEP = 4.0
"""Seconds in which the hand goes from the one bank to the other."""
LINE = Part("lead", "synth", 1)


@pytest.fixture
def player(tmp_path: Path) -> Iterator[RealPlayer]:
    need("fluidsynth")
    options = {"audio.file.name": str(tmp_path / "heard.raw"), "audio.file.type": "raw", "audio.file.format": "s16"}
    options |= {"synth.reverb.active": "0", "synth.chorus.active": "0", "synth.sample-rate": str(RATE)}
    font = str(bank(tmp_path, 0))
    player = RealPlayer(
        tmp_path, {"synth": {"kind": "fluidsynth", "soundfont": font, "audio": "file", "options": options, "gain": 0.8}}
    )
    yield player
    player.end()


def test_a_hand_goes_from_bank_to_bank_and_what_sounds_stays_equally_loud(player: RealPlayer, tmp_path: Path) -> None:
    one, two = bank(tmp_path, 1), bank(tmp_path, 2)

    def blend(share: float) -> BlendBanks:
        near, beside = (("1", one), ("2", two)) if share <= 0.5 else (("2", two), ("1", one))
        fonts = (str(near[1]), str(beside[1]))
        return BlendBanks(1, "lead", (near[0], beside[0]), fonts, min(share, 1 - share), 2)

    player.hear(SlotState, lambda slot: slot.up)
    # Each note sounds a little into the next, so that something always does.
    notes = [Note(480 * number, 600 if number < 4 * BARS - 1 else 480, 60 + number % 2) for number in range(4 * BARS)]
    player.tell(scene(LINE, tempo=Tempo(120)), Place(1, "lead", "r", 0, 1, loop(*notes, bars=BARS)))
    player.tell(TakeBank(1, "lead", "1", str(one)))
    player.hear(BankTaken, lambda taken: taken.bank == "1")
    player.tell(blend(0.0))
    player.hear(BankTaken, lambda taken: taken.bank == "2")
    player.hear(BarPlayed)
    player.hear(BarPlayed)
    begun = time.monotonic()
    while (share := (time.monotonic() - begun) / SWEEP) < 1:
        player.tell(blend(share))
        time.sleep(0.05)
    player.tell(blend(1.0))
    player.hear(BarPlayed, lambda bar: bar.bar >= BARS - 2)
    player.end()

    samples = heard(tmp_path / "heard.raw")
    hop = 0.25
    count = int(len(samples) / RATE / hop) - 2
    ratios = [2 ** (semitone / 12) for semitone in (0, 1)]
    shares: list[float] = []
    for number in range(count):
        at = number * hop, (number + 1) * hop
        powers = [
            max(strength(samples, *at, FIRST_HARMONIC * PARTIALS[which] * ratio) for ratio in ratios) ** 2
            for which in (1, 2)
        ]
        shares.append(powers[1] / max(sum(powers), 1e-12))
    from_the_first = shares[next(number for number, share in enumerate(shares) if share < 0.01) :]
    middle = [share for share in from_the_first if 0.05 < share < 0.95]
    assert len(middle) >= 0.5 * SWEEP / hop, "it goes there in many steps"
    assert from_the_first[-1] > 0.95
    slack = 0.2  # between notes of two pitches, of which one is measured
    assert all(after > before - slack for before, after in pairwise(middle))
    first = shares.index(from_the_first[0]) * hop
    levels = np.array([level(samples, first + number * 0.5, first + number * 0.5 + 0.5) for number in range(12)])
    assert levels.min() > 10 ** (-3 / 20) * levels.max(), "at equal power, within 3 dB"
