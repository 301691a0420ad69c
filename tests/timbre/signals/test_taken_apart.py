"""Harmonics, partials and noise are found as they were put in."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.tones import RATE, harmonic, hertz, noise, ringing, times
from reverie.timbre.signals.analysis import analyse
from reverie.timbre.signals.contour import pitch_contour
from reverie.timbre.signals.frames import FLOOR, band_edges, frame_count
from reverie.timbre.signals.harmonics import harmonics, noise_between
from reverie.timbre.signals.sound_parts import NEVER
from reverie.timbre.signals.tracks import find_tracks, noise_beside

LEVELS = [-20.0, -26.0, -23.0, -40.0, -35.0, -30.0]
BELL = [(400.0, -20.0, 30.0), (1103.0, -26.0, 40.0), (2161.0, -30.0, 60.0)]


def power_of(levels: NDArray[np.float64]) -> float:
    """The RMS in dB of noise with so many dB in each band."""
    return float(10 * np.log10(np.mean(np.sum(10 ** (levels / 10), axis=1))))


@pytest.mark.parametrize("pitch", [33, 48, 60, 79])
def test_harmonics_have_their_levels(pitch: int) -> None:
    sound = harmonic(pitch, LEVELS)
    found = harmonics(sound, pitch_contour(sound, hertz(pitch)))[40:-40]
    assert np.abs(found[:, :6] - LEVELS).max() < 0.5
    assert found[:, 6:].max() < -75


def test_they_are_followed_through_a_glide() -> None:
    sound = harmonic(60 + 3 * times(1.0), LEVELS)
    found = harmonics(sound, pitch_contour(sound, hertz(61.5)))[30:-30]
    assert np.abs(found[:, :6] - LEVELS).max() < 1.5


@pytest.mark.parametrize("pitch", [45, 60, 81])
def test_noise_between_harmonics_is_the_noise(pitch: int) -> None:
    sound = harmonic(pitch, LEVELS) + noise(-45.0)
    found = noise_between(sound, pitch_contour(sound, hertz(pitch)))[40:-40]
    assert power_of(found) == pytest.approx(-45.0, abs=1.0)
    quiet = noise_between(harmonic(pitch, LEVELS), np.full(frame_count(RATE), hertz(pitch)))[40:-40]
    assert power_of(quiet) < -75


def test_partials_are_followed_as_they_die_away() -> None:
    found = find_tracks(ringing(BELL))
    for number, (at, level, fall) in enumerate(BELL):
        moment = np.arange(20, 100) * 0.005
        assert np.abs(found.hertz[20:100, number] - at).max() < 2.0
        assert np.abs(found.levels[20:100, number] - (level - fall * moment)).max() < 1.0
    assert found.levels[:, len(BELL) :].max(initial=FLOOR) < -70


def test_noise_is_no_partial_and_is_found_beside_them() -> None:
    sound = ringing([(400.0, -20.0, 0.0), (1103.0, -26.0, 0.0)]) + noise(-40.0)
    tracks = find_tracks(sound)
    assert power_of(noise_beside(sound, tracks)[40:-40]) == pytest.approx(-40.0, abs=1.5)
    hissing = find_tracks(noise(-20.0))
    assert power_of(noise_beside(noise(-20.0), hissing)[40:-40]) == pytest.approx(-20.0, abs=1.5)


def test_a_string_is_harmonic_and_a_bell_is_not() -> None:
    assert len(analyse(harmonic(60, LEVELS), 60.0).parity) > 0
    bell = analyse(ringing(BELL), 67.35)
    assert len(bell.parity) == 0
    assert bell.tracks.levels.shape[1] >= 3
    assert len(analyse(noise(-20.0), None).parity) == 0


def test_formants_stay_where_they_are() -> None:
    """A body that resounds at 1,200 Hz does so at every pitch."""
    source = [-20.0 - 30.0 * min(1.0, abs(number * hertz(57) - 1200.0) / 1000.0) for number in range(1, 40)]
    analysis = analyse(harmonic(57, source), 57.0)
    for pitch in (50, 57, 62, 69):
        parts = analysis.at(pitch)
        number = 1 + int(parts.harmonics[100].argmax())
        assert abs(number * hertz(pitch) - 1200.0) <= hertz(pitch) / 2 + 30


def test_what_is_told_by_number_goes_along() -> None:
    """Of a clarinet the even harmonics are weak at every pitch."""
    odd = [-20.0 - 2.0 * number - (25.0 if number % 2 == 0 else 0.0) for number in range(1, 30)]
    for pitch in (53, 60, 64, 72):
        levels = analyse(harmonic(60, odd), 60.0).at(pitch).harmonics[100]
        assert levels[1] < (levels[0] + levels[2]) / 2 - 15
        assert levels[3] < (levels[2] + levels[4]) / 2 - 15


def test_a_low_note_of_a_soft_tone_keeps_its_fundamental() -> None:
    levels = analyse(harmonic(72, [-10.0, -34.0, -48.0, -58.0]), 72.0).at(48).harmonics[100]
    assert levels[0] > levels[1] > levels[2] > levels[4]


def test_the_moments_of_a_held_sound_are_known_and_of_a_struck_one_its_beginning() -> None:
    held = harmonic(60, LEVELS, 2.0) * np.clip(times(2.0) / 0.1, 0, 1) * np.clip((1.8 - times(2.0)) / 0.1, 0.001, 1)
    analysis = analyse(held, 60.0)
    assert analysis.attack == pytest.approx(14, abs=5)
    assert analysis.release == pytest.approx(355, abs=8)
    struck = analyse(harmonic(60, LEVELS, 2.0) * np.exp(-3 * times(2.0)), 60.0)
    assert struck.release == NEVER


def test_what_dies_away_does_so_sooner_where_it_is_higher() -> None:
    struck = analyse(harmonic(60, LEVELS, 2.0) * np.exp(-3 * times(2.0)), 60.0)
    assert struck.at(72).frames == pytest.approx(struck.at(60).frames / 2**0.5, rel=0.02)
    assert struck.at(48).frames == struck.at(60).frames


def test_the_onset_of_a_blow_is_noise_for_as_long_as_it_lasts() -> None:
    t = times(1.0)
    blow = noise(-25.0) * np.exp(-t / 0.004)
    found = analyse(ringing([(300.0, -20.0, 20.0), (817.0, -25.0, 20.0)]) + blow, None)
    levels = 10 * np.log10(np.sum(10 ** (found.noise / 10), axis=1))
    assert levels[:2].max() > -35
    assert levels[40:180].max() < -60


def test_bands_are_as_wide_as_ears_hear() -> None:
    edges = band_edges()
    assert edges[0] == 0
    assert edges[-1] == pytest.approx(RATE / 2)
    assert (np.diff(edges, 2) > 0).all()
