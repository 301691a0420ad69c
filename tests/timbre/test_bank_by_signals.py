"""Banks of the shipped sounds by the shipped model: kits, velocities and variations as they are heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from fakes.played_fonts import hertz_of, level, played
from reverie.places import models_folder
from reverie.scenes.timbre import Timbre
from reverie.timbre.bank.bank import Bank
from reverie.timbre.bank_maker import BankMaker
from reverie.timbre.request import request_of
from reverie.timbre.timbre_models import timbre_model

KICK, SNARE, HAT, OPEN = 36, 38, 42, 46
DRY = {"kit": {"kick": "shipped:kick", "snare": "shipped:snare", "hat": "shipped:hat", "open-hat": "shipped:open-hat"}}
ANIMAL = {"kit": {"kick": {"file": "shipped:cat", "at": "C2"}, "snare": {"file": "shipped:voice", "at": "G3"}}}
Make = Callable[..., Bank]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes banks; those of equal requests are found again."""
    maker = BankMaker(timbre_model("default", [models_folder()]).path, tmp_path_factory.mktemp("cache"), 1 << 40)

    def made(step: int = 0, **said: object) -> Bank:
        timbre = Timbre.model_validate({"sources": {"dry": DRY, "animal": ANIMAL}, "path": PATH} | said)
        return maker.make(request_of(timbre, step, "a bank", [])).bank

    return made


PATH = {"kind": "line", "steps": 3}


def sample(bank: Bank, key: int, velocity: int = 100, variation: int = 0) -> NDArray[np.float64]:
    [file] = [
        zone["file"]
        for zone in bank.card["zones"]
        if (zone["pitch"], zone["velocity"], zone["variation"]) == (key, velocity, variation)
    ]
    return np.asarray(soundfile.read(bank.folder / file)[0], np.float64)


def centroid(samples: NDArray[np.float64]) -> float:
    """Hz about which the energy lies."""
    power = np.square(np.abs(np.fft.rfft(samples)))
    return float(power @ (np.arange(len(power)) * 24_000 / (len(power) - 1)) / power.sum())


def likeness(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """How alike two samples are in their waves, from 0 to 1."""
    count = min(len(one), len(other))
    spectra = np.fft.rfft(one[:count], 2 * count), np.fft.rfft(other[:count], 2 * count)
    together = np.fft.irfft(spectra[0] * np.conj(spectra[1]))
    return float(np.abs(together).max() / np.sqrt(np.square(one[:count]).sum() * np.square(other[:count]).sum()))


def test_a_kit_sounds_as_its_drums_do(make: Make) -> None:
    bank = make()
    assert [zone["keys"] for zone in bank.card["zones"]] == [[key, key] for key in (KICK, SNARE, HAT, OPEN)]
    assert centroid(sample(bank, KICK)) < 200
    assert 300 < centroid(sample(bank, SNARE)) < 6000
    assert centroid(sample(bank, HAT)) > 5000
    assert len(sample(bank, OPEN)) > 2 * len(sample(bank, HAT))


def test_a_cat_becomes_a_kick_at_its_pitch_and_the_hat_stays(make: Make) -> None:
    first, middle, last = (make(step) for step in range(3))
    spectrum = np.abs(np.fft.rfft(sample(last, KICK), 1 << 19))
    harmonic = spectrum.argmax() * 48_000 / (1 << 19) / 65.41
    assert harmonic == pytest.approx(round(harmonic), abs=0.03)
    assert centroid(sample(first, KICK)) < centroid(sample(last, KICK))
    assert centroid(sample(last, HAT)) == pytest.approx(centroid(sample(first, HAT)), rel=0.15)
    for key in (KICK, SNARE):
        assert likeness(sample(middle, key), sample(first, key)) < 0.98


def test_a_snare_that_is_not_transposed_stays_where_it_is_beside_a_voice_that_is(make: Make) -> None:
    """Half-way the snare's own body, near 185 Hz, is where it was, and the voice is at G3, 196 Hz."""
    spectrum = np.square(np.abs(np.fft.rfft(sample(make(1), SNARE), 1 << 18)))
    hertz = np.arange(len(spectrum)) * 48_000 / (1 << 18)
    body = spectrum[(hertz > 180) & (hertz < 202)].sum()
    moved = spectrum[(hertz > 125) & (hertz < 160)].sum()
    assert body > 10 * moved


def test_soft_strokes_are_darker_and_as_loud_and_variations_are_neither_the_same_nor_others(make: Make) -> None:
    bank = make(velocities=[40, 120], variations=3)
    for key in (KICK, SNARE):
        assert centroid(sample(bank, key, 40)) < 0.9 * centroid(sample(bank, key, 120))
        alike = likeness(sample(bank, key, 120, 0), sample(bank, key, 120, 1))
        assert 0.3 < alike < 0.9999


def test_so_it_is_with_notes(make: Make) -> None:
    notes = {"sources": {"flute": "shipped:flute", "cat": "shipped:cat"}, "pitches": ["C4", "G4"], "length": 1}
    bank = make(**notes, velocities=[40, 120], variations=2)
    for key in (60, 67):
        assert centroid(sample(bank, key, 40)) < centroid(sample(bank, key, 120))
        for velocity in (40, 120):
            assert likeness(sample(bank, key, velocity, 0), sample(bank, key, velocity, 1)) < 0.9999


@pytest.mark.real
def test_fluidsynth_plays_the_kit(make: Make, tmp_path: Path) -> None:
    strikes = [(0.0, 0.05, KICK, 100), (1.5, 0.05, HAT, 100), (3.0, 0.05, OPEN, 100), (3.1, 0.05, HAT, 1)]
    heard = played(make().soundfont.read_bytes(), strikes, tmp_path, 10)
    assert hertz_of(heard, 0.02, 0.3) < 120
    assert level(heard, 1.5, 1.6) > -70
    alone = played(make().soundfont.read_bytes(), [(0.0, 0.05, OPEN, 100)], tmp_path, 10)
    assert level(heard, 3.25, 3.3) < level(alone, 0.25, 0.3) - 15
