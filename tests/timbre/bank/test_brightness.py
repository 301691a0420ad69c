"""Neighbours of a bank are alike in brightness where one takes over from the other, and nothing else is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.places import models_folder
from reverie.timbre.bank.bank_files import zones_of
from reverie.timbre.bank.brightness import BRIGHT, MOST, even_shelves, evened, shelved, spectrum_of
from reverie.timbre.bank.finish import finish
from reverie.timbre.bank.loudness import loudest
from reverie.timbre.bank.zone import Sample
from reverie.timbre.sound import NoteRequest, Sound
from reverie.timbre.sources.source import read_source
from reverie.timbre.sources.source_files import find_source
from reverie.timbre.timbre_models import open_timbre_model, timbre_model

RATE = 48_000
ALLOWED = 3.0


def tone(pitch: float, slope: float, seconds: float = 0.5) -> Sound:
    """Harmonics that fall by so many dB an octave."""
    times = np.arange(round(seconds * RATE)) / RATE
    first = 440 * 2 ** ((pitch - 69) / 12)
    numbers = np.arange(1, int(16_000 / first) + 1)
    levels = 10 ** (-slope * np.log2(numbers) / 20)
    waves = np.sum(levels[:, None] * np.sin(2 * np.pi * first * numbers[:, None] * times), axis=0)
    return Sound((0.3 * waves / np.abs(waves).max() * np.hanning(len(times))).astype(np.float32), RATE)


def brightness(samples: NDArray[np.float32], rate: float) -> float:
    """The level above 2 kHz beside that of all, in dB, of the whole spectrum."""
    power = np.square(np.abs(np.fft.rfft(samples)))
    hertz = np.fft.rfftfreq(len(samples), 1 / rate)
    return 10 * float(np.log10(power[hertz >= BRIGHT].sum() / power.sum()))


def steps(samples: Sequence[Sample]) -> list[float]:
    """By how many dB neighbours differ, both played at the last key of the lower one."""
    zones = zones_of(samples)
    return [
        abs(
            brightness(high.sample.sound.samples, RATE * 2 ** ((low.keys[1] - high.sample.pitch) / 12))
            - brightness(low.sample.sound.samples, RATE * 2 ** ((low.keys[1] - low.sample.pitch) / 12))
        )
        for low, high in pairwise(zones)
    ]


def bank(*slopes: float) -> list[Sample]:
    """A tone of each slope, half an octave apart."""
    return [Sample(tone(pitch, slope), pitch, 100) for pitch, slope in zip(range(48, 97, 6), slopes, strict=False)]


def mended(samples: Sequence[Sample]) -> list[Sample]:
    return [replace(sample, sound=sound) for sample, sound in zip(samples, evened(samples), strict=True)]


def untouched(samples: Sequence[Sample]) -> list[bool]:
    return [sample.sound is sound for sample, sound in zip(samples, evened(samples), strict=True)]


def test_of_those_that_are_alike_none_is_touched() -> None:
    assert all(untouched(bank(9, 9, 9, 9)))


@pytest.mark.parametrize("slopes", [(9, 11, 9, 9), (11, 9, 11, 9), (9, 9, 9, 12), (9, 10.5, 12, 12)])
def test_a_step_of_brightness_is_made_small(slopes: tuple[float, ...]) -> None:
    samples = bank(*slopes)
    assert max(steps(samples)) > ALLOWED
    assert max(steps(mended(samples))) <= ALLOWED


def test_what_is_far_from_a_step_stays_as_it_is() -> None:
    assert untouched(bank(9, 9, 9, 9, 11)) == [True, True, True, False, False]


def test_what_is_too_different_is_changed_by_no_more_than_a_little() -> None:
    spectra = [spectrum_of([tone(pitch, slope)]) for pitch, slope in ((60, 3), (66, 40))]
    assert even_shelves((60, 66), spectra) == [pytest.approx(-MOST, abs=0.01), pytest.approx(MOST, abs=0.01)]
    assert even_shelves((60,), spectra[:1]) == [0.0]
    assert even_shelves((), []) == []


def test_velocities_keep_their_difference() -> None:
    soft = [replace(sample, velocity=40) for sample in bank(16, 16)]
    assert all(untouched([*soft, *bank(6, 6)]))


def test_variations_of_a_note_get_one_shelf() -> None:
    samples = [*bank(8, 11), *(replace(sample, variation=1) for sample in bank(8.3, 11.3))]
    evened_samples = mended(samples)
    for one in (0, 1):
        apart, still = (
            brightness(all_[one].sound.samples, RATE) - brightness(all_[one + 2].sound.samples, RATE)
            for all_ in (samples, evened_samples)
        )
        assert apart > 0.5
        assert still == pytest.approx(apart, abs=0.3)
        assert evened_samples[one].sound is not samples[one].sound


def test_silence_is_nobody_s_neighbour() -> None:
    silent = Sample(Sound(np.zeros(600, np.float32), RATE), 51, 100)
    assert all(untouched([*bank(9, 9), silent]))


@pytest.mark.parametrize("shelf", [-6.0, 6.0])
def test_a_shelf_lifts_the_heights_leaves_the_depths_and_moves_nothing(shelf: float) -> None:
    for hertz, wanted in ((100, 0.0), (1500, shelf / 2), (10_000, shelf)):
        times = np.arange(RATE) / RATE
        sine = Sound((0.1 * np.sin(2 * np.pi * hertz * times) * np.hanning(RATE)).astype(np.float32), RATE)
        changed = shelved(sine, shelf).samples
        ratio = float(changed @ sine.samples) / float(sine.samples @ sine.samples)
        assert 20 * np.log10(ratio) == pytest.approx(wanted, abs=0.5 if hertz != 1500 else 1.0)
    click = np.zeros(RATE, np.float32)
    click[RATE // 2] = 0.5
    rung = shelved(Sound(click, RATE), shelf).samples
    assert np.abs(rung).argmax() == RATE // 2
    assert np.abs(rung[: RATE // 2 - 48]).max() < 1e-3


def test_evened_samples_are_as_loud_as_the_others() -> None:
    notes = [NoteRequest(pitch, 100, 0.5) for pitch in (48, 54, 60)]
    samples = finish(notes, [sample.sound for sample in bank(9, 11.5, 9)], -20.0)
    assert max(steps(samples)) <= ALLOWED
    for sample in samples:
        loud = loudest(sample.sound.samples.astype(np.float64), RATE)
        assert 20 * np.log10(loud) == pytest.approx(-20, abs=0.05)


@pytest.mark.parametrize("name", ["cat", "flute", "bell", "voice", "pluck", "reed"])
@pytest.mark.parametrize("renderer", ["default", "timbre"])
def test_neighbours_of_the_shipped_sounds_by_the_shipped_models_are_alike(name: str, renderer: str) -> None:
    model = open_timbre_model(timbre_model(renderer, [models_folder()]).path)
    source = read_source(find_source(f"shipped:{name}", []))
    notes = [NoteRequest(pitch, 100, 1.0) for pitch in (48, 52, 56, 60, 64, 68, 72)]
    rendering = model.begin([model.code(source.sound, n.key, own_pitch=source.pitch) for n in notes], notes, 1)
    while not rendering.advance():
        pass
    assert max(steps(finish(notes, rendering.sounds(), -20.0))) <= ALLOWED
