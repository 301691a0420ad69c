"""A level and a soundfont of a part, by ear: FluidSynth plays into a file, and what is in it is measured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.jack import need
from fakes.playing import RealPlayer, loop, scene
from fakes.soundfonts import font
from reverie.music.notes import Note
from reverie.music.time import Tempo
from reverie.play.banks import OWN_FONT
from reverie.play.messages import BankTaken, BarPlan, BarPlayed, Part, PartPlan, Place, SlotState, TellBars

pytestmark = pytest.mark.real

RATE = 44_100
BAR = 1.0  # seconds, at 240
OCTAVE_UP = 72
SINE = 441.0
"""Hertz of the key 60 of the fonts."""


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return tmp_path / "heard.raw"


@pytest.fixture
def player(tmp_path: Path, recording: Path) -> Iterator[RealPlayer]:
    need("fluidsynth")
    options = {"audio.file.name": str(recording), "audio.file.type": "raw", "audio.file.format": "s16"}
    settings: dict[str, Any] = {"kind": "fluidsynth", "audio": "file", "reverb": None, "chorus": None, "gain": 0.8}
    settings |= {"soundfont": str(font(tmp_path / "slot.sf2")), "options": options}
    player = RealPlayer(tmp_path, {"synth": settings})
    yield player
    player.end()


def heard(path: Path) -> NDArray[np.float64]:
    """The left channel from the first sound on."""
    samples = np.frombuffer(path.read_bytes()[: path.stat().st_size // 4 * 4], "<i2")[::2] / 32768
    return samples[np.flatnonzero(np.abs(samples) > 0.001)[0] :]


def bar(samples: NDArray[np.float64], number: int) -> NDArray[np.float64]:
    """The midst of the note of a bar."""
    return samples[round((number + 0.3) * BAR * RATE) : round((number + 0.7) * BAR * RATE)]


def level(samples: NDArray[np.float64]) -> float:
    return 20 * float(np.log10(np.sqrt(np.square(samples).mean())))


def hertz(samples: NDArray[np.float64]) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * RATE / len(samples)


def test_a_level_changes_on_its_bar_line_by_its_decibels(player: RealPlayer, recording: Path) -> None:
    player.hear(SlotState, lambda slot: slot.up)
    part = Part("lead", "synth", 1)
    plans = [BarPlan(number, 1.0, {"lead": PartPlan(controls=((7, value),))}) for number, value in ((0, 100), (2, 50))]
    player.tell(
        scene(part, tempo=Tempo(240)),
        TellBars(1, 0, (*plans, BarPlan(4))),
        Place(1, "lead", "r", 0, 9, loop(Note(0, 1900, 60))),
    )
    player.hear(BarPlayed, lambda played: played.bar == 5)
    player.end()
    levels = [level(bar(heard(recording), number)) for number in range(5)]
    assert levels[1] == pytest.approx(levels[0], abs=0.2)
    assert levels[2] - levels[1] == pytest.approx(-12.04, abs=0.3)
    assert levels[4] == pytest.approx(levels[0], abs=0.2), "put back"


def test_a_part_sounds_with_its_own_soundfont(player: RealPlayer, recording: Path, tmp_path: Path) -> None:
    """The slot's font has a sine for every key; its own has one for the key an octave higher alone."""
    own = str(font(tmp_path / "own.sf2", program=9, keys=(OCTAVE_UP, OCTAVE_UP)))
    player.hear(SlotState, lambda slot: slot.up)
    part = Part("lead", "synth", 1, program=9, font=own)
    player.tell(
        scene(part, tempo=Tempo(240)),
        Place(1, "lead", "r", 0, 9, loop(Note(0, 900, 60), Note(960, 900, OCTAVE_UP))),
    )
    player.hear(BankTaken, lambda taken: taken.bank == f"{OWN_FONT}{own}" and not taken.refused)
    player.hear(BarPlayed, lambda played: played.bar == 6)
    player.end()
    last = heard(recording)[-round(3 * BAR * RATE) :]
    assert hertz(last) == pytest.approx(2 * SINE, rel=0.02), "only the key that the own font has"
