"""What a sampler repeats has no click, keeps its pitch, and is only found in what lasts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reverie.timbre.bank import sample_loop
from reverie.timbre.bank.sample_loop import SHORTEST, find_loop, lasts
from reverie.timbre.bank.tune import measure_pitch
from reverie.timbre.bank.zone import SampleLoop
from reverie.timbre.sound import Sound

RATE = 48_000


def tone(pitch: float, vibrato: float = 0.0, detuned: float = 0.0) -> NDArray[np.float64]:
    """Two seconds of four harmonics; ``detuned`` semitones away is another, so that they beat."""
    time = np.arange(2 * RATE) / RATE
    voices: list[NDArray[np.float64]] = []
    for base in (pitch, pitch + detuned):
        phase = 2 * np.pi * np.cumsum(440 * 2 ** ((base + vibrato * np.sin(10 * np.pi * time) - 69) / 12)) / RATE
        voices.append(sum((np.sin(number * phase + number) / number for number in range(1, 5)), np.zeros(len(time))))
    return 0.1 * (voices[0] + 0.15 * voices[1])


def played(found: tuple[Sound, SampleLoop], seconds: float = 4.0) -> NDArray[np.float64]:
    """What a sampler makes of it while a key is held."""
    sound, loop = found
    body, repeated = sound.samples[: loop.end], sound.samples[loop.start : loop.end]
    times = int(seconds * RATE / len(repeated)) + 1
    return np.concatenate([body, np.tile(repeated, times)]).astype(np.float64)[: round(seconds * RATE)]


@pytest.mark.parametrize("pitch", [36.0, 45.3, 60.0, 72.41, 84.0, 96.0])
@pytest.mark.parametrize("detuned", [0.0, 0.1])
def test_a_looped_tone_has_no_click_and_keeps_its_pitch(pitch: float, detuned: float) -> None:
    samples = tone(pitch, detuned=detuned)
    found = find_loop(Sound(samples.astype(np.float32), RATE), pitch)
    assert found is not None
    assert found[1].end - found[1].start >= SHORTEST * RATE
    heard = played(found)
    bend = np.abs(np.diff(samples[RATE // 10 :], 2)).max()
    assert np.abs(np.diff(heard[RATE // 10 :], 2)).max() < 1.3 * bend
    measured, before = (
        measure_pitch(Sound(heard.astype(np.float32)[RATE:], RATE)),
        measure_pitch(Sound(samples.astype(np.float32), RATE)),
    )
    assert measured == pytest.approx(before, abs=0.05)


def test_a_loop_begins_in_a_rising_zero_crossing() -> None:
    found = find_loop(Sound(tone(60).astype(np.float32), RATE), 60)
    assert found is not None
    start = found[1].start
    assert found[0].samples[start - 1] < 0 <= found[0].samples[start]


def test_after_the_loop_comes_its_beginning_until_it_has_died_away() -> None:
    found = find_loop(Sound(tone(60).astype(np.float32), RATE), 60)
    assert found is not None
    sound, loop = found
    assert sound.samples[loop.end : loop.end + 8] == pytest.approx(sound.samples[loop.start : loop.start + 8], abs=1e-3)
    assert sound.samples[-1] == 0


def test_what_dies_away_is_not_looped() -> None:
    samples = tone(60) * np.exp(-6 * np.arange(2 * RATE) / RATE)
    assert find_loop(Sound(samples.astype(np.float32), RATE), 60) is None


@pytest.mark.parametrize("length", [0, 100, RATE // 10])
def test_what_is_short_is_not_looped(length: int) -> None:
    assert find_loop(Sound(tone(60)[:length].astype(np.float32), RATE), 60) is None


def test_noise_is_not_looped() -> None:
    noise = np.random.default_rng(1).standard_normal(2 * RATE) * 0.1
    assert find_loop(Sound(noise.astype(np.float32), RATE), 60) is None


def levels(samples: NDArray[np.float64], seconds: float = 0.05) -> NDArray[np.float64]:
    """The loudness of each stretch, in dB."""
    count = round(seconds * RATE)
    power = np.square(samples[: len(samples) // count * count]).reshape(-1, count).mean(axis=1)
    return 10 * np.log10(np.maximum(power, 1e-12))


@pytest.mark.parametrize("tremolo", [0.0, 0.15, 0.3])
@pytest.mark.parametrize("detuned", [0.0, 0.1])
def test_a_loop_does_not_pulse(tremolo: float, detuned: float) -> None:
    time = np.arange(2 * RATE) / RATE
    samples = tone(60, detuned=detuned) * (1 + tremolo * np.sin(2 * np.pi * 3.1 * time)) * np.exp(-0.1 * time)
    assert np.ptp(levels(samples)[4:-4]) > (1.0 if tremolo else 0.5)
    found = find_loop(Sound(samples.astype(np.float32), RATE), 60)
    assert found is not None
    heard = levels(played(found, 8.0)[found[1].start :])
    assert np.ptp(heard[1:-1]) < 1.0


def sounding(samples: NDArray[np.float64]) -> Sound:
    return Sound(samples.astype(np.float32), RATE)


def test_what_is_blown_lasts_and_what_is_struck_does_not() -> None:
    time = np.arange(2 * RATE) / RATE
    assert lasts(sounding(tone(60)))
    assert lasts(sounding(tone(60) * np.minimum(time / 0.2, 1.0) * (1 + 0.2 * np.sin(30 * time))))
    assert not lasts(sounding(tone(60) * np.exp(-0.6 * time))), "a bell"
    assert not lasts(sounding(tone(60) * (0.4 + 0.6 * np.exp(-time / 0.1)))), "a bar that rings on"
    assert not lasts(sounding(tone(60)[: RATE // 4]))
    assert not lasts(sounding(np.zeros(2 * RATE)))


@pytest.mark.parametrize("pitch", [36.0, 60.0, 72.41, 96.0])
@pytest.mark.parametrize("vibrato", [0.0, 0.2])
def test_a_loop_has_the_bytes_that_a_convolution_sum_by_sum_gives_it(
    pitch: float, vibrato: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    swell = 1 + 0.5 * np.sin(np.arange(2 * RATE) / RATE * 2)
    sound = Sound((tone(pitch, vibrato, 0.1) * swell).astype(np.float32), RATE)
    quick = find_loop(sound, pitch)
    monkeypatch.setattr(sample_loop, "_smoothed", lambda samples, window: np.convolve(samples, window, mode="same"))
    slow = find_loop(sound, pitch)
    assert quick is not None
    assert slow is not None
    assert quick[1] == slow[1]
    assert quick[0].samples.tobytes() == slow[0].samples.tobytes()


@given(st.lists(st.integers(1, 40).map(float), min_size=1, max_size=60))
def test_the_longest_row_of_like_levels_is_found(levels: list[float]) -> None:
    first, last = sample_loop._alike(levels)
    rows = [
        (begin, end)
        for begin in range(len(levels))
        for end in range(begin, len(levels))
        if max(levels[begin : end + 1]) <= 2.5 * min(levels[begin : end + 1])
    ]
    longest = max(end - begin for begin, end in rows)
    assert (first, last) in rows
    assert last - first == longest
    assert longest == 0 or first == min(begin for begin, end in rows if end - begin == longest)
