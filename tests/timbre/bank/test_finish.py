"""Rendered notes come out trimmed, without clicks, equally loud and tuned."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.timbre.bank.finish import CEILING, RATE, finish
from reverie.timbre.bank.loudness import loudest, true_peak
from reverie.timbre.bank.tune import measure_pitch
from reverie.timbre.bank.zone import Sample
from reverie.timbre.errors import TimbreError
from reverie.timbre.sound import NoteRequest, Sound

LEVEL = -20.0


def tone(pitch: float, seconds: float = 1.0, rate: int = 16_000) -> NDArray[np.float64]:
    time = np.arange(round(seconds * rate)) / rate
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    return np.sin(2 * np.pi * hertz * time) + 0.4 * np.sin(4 * np.pi * hertz * time)


def finished(samples: NDArray[np.float64], pitch: int = 69, rate: int = 16_000, level: float = LEVEL) -> Sample:
    [sample] = finish([NoteRequest(pitch, 100, 1.0)], [Sound(samples.astype(np.float32), rate)], level)
    return sample


def decibels(ratio: float) -> float:
    return float(20 * np.log10(ratio))


def test_it_may_be_held_twice_a_note_and_says_how_far_it_is() -> None:
    told: list[float] = []
    notes = [NoteRequest(pitch, 100, 0.2) for pitch in (60, 64, 67, 72)]
    finish(notes, [Sound(np.zeros(1600, np.float32), 16_000)] * 4, LEVEL, told.append)
    assert told == [number / 8 for number in range(1, 9)]


def test_silence_before_and_after_is_cut_off() -> None:
    sample = finished(np.concatenate([np.zeros(8000), tone(69) * np.exp(-np.arange(16_000) / 1600), np.zeros(8000)]))
    samples = np.abs(sample.sound.samples)
    assert np.argmax(samples > 0.1 * samples.max()) < 0.006 * RATE
    assert sample.sound.seconds < 0.8


def test_a_sample_begins_and_ends_softly_and_has_no_offset() -> None:
    samples = finished(0.3 * tone(60) + 0.1, 60).sound.samples.astype(np.float64)
    assert samples[0] == samples[-1] == 0
    assert abs(samples.mean()) < 1e-4 * np.abs(samples).max()
    loud = np.abs(np.diff(samples)).max()
    assert np.abs(np.diff(samples[:10])).max() < 0.3 * loud
    assert np.abs(np.diff(samples[-10:])).max() < 0.1 * loud


def test_notes_are_equally_loud_however_loud_they_were_rendered() -> None:
    notes = [NoteRequest(pitch, 100, 1.0) for pitch in (40, 60, 80)]
    sounds = [
        Sound((gain * tone(note.key)).astype(np.float32), 16_000)
        for gain, note in zip((0.01, 0.5, 0.9), notes, strict=True)
    ]
    for sample in finish(notes, sounds, LEVEL):
        assert decibels(loudest(sample.sound.samples.astype(np.float64), RATE)) == pytest.approx(LEVEL, abs=0.3)


def test_a_sine_of_about_a_kilohertz_is_as_loud_as_its_root_mean_square() -> None:
    sine = 0.1 * np.sin(2 * np.pi * 997 * np.arange(RATE) / RATE)
    assert decibels(loudest(sine, RATE)) == pytest.approx(decibels(0.1 / np.sqrt(2)), abs=0.05)


@pytest.mark.parametrize(("hertz", "gain"), [(38.0, -6.3), (100.0, -1.8), (10_000.0, 3.3)])
def test_other_sines_are_weighted_as_the_standard_says(hertz: float, gain: float) -> None:
    sine = 0.1 * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)
    assert decibels(loudest(sine, RATE)) == pytest.approx(decibels(0.1 / np.sqrt(2)) + gain, abs=0.5)


def test_no_peak_between_samples_passes_the_ceiling() -> None:
    clicks = np.zeros(16_000)
    clicks[4000::4000] = 1
    samples = finished(clicks, level=-6.0).sound.samples.astype(np.float64)
    assert decibels(true_peak(samples, RATE)) == pytest.approx(CEILING, abs=0.1)


@pytest.mark.parametrize(("off", "cents"), [(0.13, 13), (-0.4, -40), (1.2, 120), (12.1, 10), (-11.9, 10), (4.0, 0)])
def test_how_far_it_is_out_of_tune_is_measured_without_octaves(off: float, cents: float) -> None:
    assert finished(tone(60 + off), 60).cents == pytest.approx(cents, abs=5)


@pytest.mark.parametrize("off", [0.13, -0.4, 1.2, -0.02])
@pytest.mark.parametrize("pitch", [48, 60, 83])
def test_it_comes_out_in_tune(pitch: int, off: float) -> None:
    sample = finished(tone(pitch + off), pitch)
    assert measure_pitch(sample.sound) == pytest.approx(pitch, abs=0.03)
    assert sample.loop is not None


@pytest.mark.parametrize("samples", [np.zeros(16_000), np.zeros(0), np.full(16_000, 0.3)])
def test_silence_stays_silence(samples: NDArray[np.float64]) -> None:
    sample = finished(samples)
    assert len(sample.sound.samples) > 0
    assert not sample.sound.samples.any()
    assert (sample.cents, sample.loop) == (0.0, None)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TimbreError, match="key 69, velocity 100"):
        finished(np.full(100, np.nan))


def test_equal_notes_give_equal_bytes() -> None:
    one, other = finished(tone(50), 50), finished(tone(50), 50)
    assert one.sound.samples.tobytes() == other.sound.samples.tobytes()


def levels(sample: Sample, seconds: float = 0.05) -> NDArray[np.float64]:
    """The loudness of each stretch, in dB below the loudest."""
    count = round(seconds * RATE)
    samples = sample.sound.samples.astype(np.float64)
    power = np.square(samples[: len(samples) // count * count]).reshape(-1, count).mean(axis=1)
    return 10 * np.log10(np.maximum(power, 1e-15) / power.max())


@pytest.mark.parametrize("kind", ["noise", "tone that fades", "tone that fades far"])
def test_a_sound_that_cannot_be_held_does_not_stop_dead(kind: str) -> None:
    time = np.arange(32_000) / 16_000
    samples = {
        "noise": 0.1 * np.random.default_rng(1).standard_normal(32_000),
        "tone that fades": tone(60, 2.0) * np.exp(-time),
        "tone that fades far": tone(60, 2.0) * np.exp(-2.5 * time),
    }[kind]
    sample = finished(samples, 60)
    assert sample.loop is None
    loud = levels(sample)
    audible = loud[: np.flatnonzero(loud > -50)[-1] + 1]
    assert np.diff(audible).min() > -12, "no cut that ears would hear"
    assert audible[-1] < -40, "it has faded"
    assert sample.sound.seconds > 1.9, "it is as long as it was"


def test_keys_can_hold_all_pitches_of_a_timbre_or_none() -> None:
    time = np.arange(32_000) / 16_000
    notes = [NoteRequest(pitch, 100, 2.0) for pitch in (48, 60, 72)]

    def looped(fading: tuple[bool, ...]) -> list[bool]:
        sounds = [
            Sound((tone(note.key, 2.0) * (np.exp(-2 * time) if fades else 1.0)).astype(np.float32), 16_000)
            for note, fades in zip(notes, fading, strict=True)
        ]
        return [sample.loop is not None for sample in finish(notes, sounds, LEVEL)]

    assert looped((False, False, False)) == [True, True, True]
    assert looped((True, True, False)) == [False, False, False]
