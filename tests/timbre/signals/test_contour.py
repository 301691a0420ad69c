"""Glides and vibrato, frame by frame."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.tones import RATE, harmonic, hertz, noise, times
from reverie.timbre.signals.contour import pitch_contour
from reverie.timbre.signals.frames import HOP

LEVELS = [-12.0 - 4.0 * number for number in range(12)]


def semitones(contour: NDArray[np.float64], pitch: float) -> NDArray[np.float64]:
    return 12 * np.log2(contour / hertz(pitch))


@pytest.mark.parametrize("pitch", [28, 45, 60, 76, 96])
def test_a_steady_pitch_is_steady(pitch: int) -> None:
    found = semitones(pitch_contour(harmonic(pitch, LEVELS), hertz(pitch)), pitch)
    assert np.abs(found[10:-10]).max() < 0.05


def test_a_glide_is_followed() -> None:
    t = times(1.0)
    pitch = 60 + 4 * np.clip(t - 0.3, 0.0, 0.4) / 0.4
    found = semitones(pitch_contour(harmonic(pitch, LEVELS), hertz(62)), 60)
    wanted = (pitch - 60)[::HOP]
    assert np.abs(found[: len(wanted)] - wanted)[10:-10].max() < 0.25


def test_a_vibrato_keeps_its_width() -> None:
    pitch = 64 + 0.5 * np.sin(2 * np.pi * 5.5 * times(2.0))
    found = semitones(pitch_contour(harmonic(pitch, LEVELS, 2.0), hertz(64)), 64)[20:-20]
    assert np.ptp(found) == pytest.approx(1.0, abs=0.1)


def test_silence_and_noise_are_bridged() -> None:
    tone = harmonic(60, LEVELS)
    tone[round(0.4 * RATE) : round(0.6 * RATE)] = 0.001 * noise(0.0, 0.2)
    found = semitones(pitch_contour(tone, hertz(60)), 60)
    assert np.abs(found).max() < 0.1


@pytest.mark.parametrize(("pitch", "sounding"), [(60, 24), (84, 24), (105, 45), (127, 69)])
def test_a_sound_far_below_the_pitch_that_it_is_said_to_have_has_a_contour_near_that(pitch: int, sounding: int) -> None:
    """There is no peak of likeness then but a slope, along which the top of a parabola may be anywhere."""
    found = pitch_contour(harmonic(sounding, LEVELS), hertz(pitch))
    assert np.abs(semitones(found, pitch)).max() < 20


def test_a_missing_fundamental_is_no_hindrance() -> None:
    found = semitones(pitch_contour(harmonic(57, [-120.0, -12.0, -14.0, -16.0, -18.0]), hertz(57)), 57)
    assert np.abs(found[10:-10]).max() < 0.05
