"""What was taken apart is put together again: synthesis, mixtures, notes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.tones import RATE, harmonic, hertz, noise, ringing, times
from reverie.timbre.errors import TimbreError
from reverie.timbre.signals.analysis import analyse
from reverie.timbre.signals.frames import BANDS, FLOOR, HOP
from reverie.timbre.signals.harmonics import harmonics
from reverie.timbre.signals.mixture import mix
from reverie.timbre.signals.playing import play
from reverie.timbre.signals.sound_parts import NEVER, SoundParts
from reverie.timbre.signals.synthesis import harmonic_sound, noise_sound, partial_sound

LEVELS = [-20.0, -26.0, -23.0, -40.0, -35.0, -30.0]
FRAMES = 201


def rms(samples: NDArray[np.float64]) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(np.square(samples)))))


def spectrum_at(samples: NDArray[np.float64], at: float) -> float:
    """The level in dB of a sine at a frequency, between 0.2 and 0.8 s."""
    middle = samples[round(0.2 * RATE) : round(0.8 * RATE)]
    window = np.hanning(len(middle))
    wave = np.exp(-2j * np.pi * at * np.arange(len(middle)) / RATE)
    return float(20 * np.log10(2 * np.abs(np.sum(middle * window * wave)) / window.sum() + 1e-12))


@pytest.mark.parametrize("pitch", [33, 60, 84])
def test_harmonics_come_out_as_loud_as_they_are(pitch: int) -> None:
    made = harmonic_sound(np.tile(LEVELS, (FRAMES, 1)), np.full(FRAMES, hertz(pitch)), RATE)
    for number, level in enumerate(LEVELS, 1):
        assert spectrum_at(made, number * hertz(pitch)) == pytest.approx(level, abs=0.1)
    assert spectrum_at(made, 7 * hertz(pitch)) < -90


def test_nothing_is_mirrored_at_half_the_rate() -> None:
    made = harmonic_sound(np.full((FRAMES, 12), -20.0), np.full(FRAMES, 2987.3), RATE)
    assert spectrum_at(made, 7 * 2987.3) == pytest.approx(-20.0, abs=0.2)
    for mirrored in (RATE - 9 * 2987.3, RATE - 10 * 2987.3, 1500.0, 4500.0):
        assert spectrum_at(made, mirrored) < -70


def test_a_period_is_as_pointed_as_a_body_makes_it_and_no_more() -> None:
    made = harmonic_sound(np.full((FRAMES, 30), -40.0), np.full(FRAMES, 200.0), RATE)
    flat = np.abs(made).max() / np.sqrt(np.mean(np.square(made)))
    assert flat == pytest.approx(np.sqrt(60), rel=0.1), "equal harmonics are a pulse"


def test_partials_come_out_where_they_are() -> None:
    hertz_of = np.tile([430.0, 1103.0], (FRAMES, 1))
    made = partial_sound(np.tile([-20.0, -30.0], (FRAMES, 1)), hertz_of, RATE)
    assert spectrum_at(made, 430.0) == pytest.approx(-20.0, abs=0.1)
    assert spectrum_at(made, 1103.0) == pytest.approx(-30.0, abs=0.1)


def test_noise_has_its_level_in_every_band_and_follows_from_its_seed() -> None:
    levels = np.full((FRAMES, BANDS), FLOOR)
    levels[:, 20:30] = -40.0
    made = noise_sound(levels, RATE, np.random.default_rng(1))
    assert rms(made[2400:-2400]) == pytest.approx(-30.0, abs=0.8)
    assert (made == noise_sound(levels, RATE, np.random.default_rng(1))).all()
    assert not np.allclose(made, noise_sound(levels, RATE, np.random.default_rng(2)))


def test_a_code_keeps_everything() -> None:
    parts = analyse(ringing([(400.0, -20.0, 30.0), (1103.0, -26.0, 40.0)]) + noise(-60.0), 67.35).at(64)
    again = SoundParts.of_code(parts.code())
    for name in ("contour", "harmonics", "partials", "intervals", "noise"):
        assert np.allclose(getattr(again, name), getattr(parts, name), atol=1e-4)
    assert (again.attack, again.release) == (parts.attack, parts.release)


@pytest.mark.parametrize("spoilt", [np.zeros(0), np.zeros(3), np.ones(40), np.zeros((2, 2))])
def test_another_model_s_code_is_refused(spoilt: NDArray[np.float64]) -> None:
    with pytest.raises(TimbreError, match="encode the sound anew"):
        SoundParts.of_code(spoilt.astype(np.float32))


def tone(levels: list[float], seconds: float = 1.0) -> SoundParts:
    return analyse(harmonic(60, levels, seconds), 60.0).at(60)


def test_half_way_levels_are_half_way_in_decibels() -> None:
    middle = mix([tone([-20.0, -30.0, -26.0]), tone([-30.0, -24.0, -50.0])], [0.5, 0.5])
    assert middle.harmonics[100, :3] == pytest.approx([-25.0, -27.0, -38.0], abs=1.5)


def test_the_ends_are_the_sounds_themselves() -> None:
    one, other = tone([-20.0, -30.0]), tone([-30.0, -24.0])
    assert np.array_equal(mix([one, other], [1.0, 0.0]).code(), one.code())
    assert np.array_equal(mix([one, other], [0.0, 1.0]).code(), other.code())


def test_sounds_begin_and_end_together() -> None:
    slow = replace(tone([-20.0] * 3, 2.0), attack=40, release=360)
    quick = replace(tone([-20.0] * 3, 1.0), attack=4, release=180)
    middle = mix([slow, quick], [0.5, 0.5])
    assert (middle.attack, middle.release, middle.frames) == (22, 270, 301)


def test_a_struck_sound_is_ready_for_the_release_of_a_held_one() -> None:
    struck = replace(tone([-20.0] * 3, 1.0), attack=4, release=NEVER)
    held = replace(tone([-20.0] * 3, 1.0), attack=4, release=150)
    assert mix([struck, held], [0.5, 0.5]).release == 150
    assert mix([struck, struck], [0.5, 0.5]).release == NEVER


def test_a_bell_becomes_a_string_partial_by_partial() -> None:
    string = tone([-20.0, -30.0, -35.0, -40.0])
    bell = analyse(ringing([(hertz(60), -20.0, 0.0), (2.3 * hertz(60), -25.0, 0.0)]), 60.0).at(60)
    middle = mix([string, bell], [0.5, 0.5])
    places = sorted(float(np.median(middle.intervals[40:160, n])) for n in range(2))
    assert places[0] == pytest.approx(0.0, abs=0.1)
    assert places[1] == pytest.approx(12 * np.log2(np.sqrt(2.0 * 2.3)), abs=0.2)
    assert middle.harmonics[100, :2].max() == FLOOR, "what has become a partial is no harmonic as well"
    assert middle.harmonics[100, 2] < -50, "what the bell does not have fades"


def test_many_sounds_are_mixed_as_one_would_expect() -> None:
    sounds = [tone([-20.0 - 4.0 * number, -40.0]) for number in range(4)]
    assert mix(sounds, [0.25] * 4).harmonics[100, 0] == pytest.approx(-26.0, abs=0.7)


@pytest.mark.parametrize("weights", [[], [1.0], [0.0, 0.0]])
def test_shares_that_do_not_fit_are_refused(weights: list[float]) -> None:
    with pytest.raises(TimbreError):
        mix([tone([-20.0]), tone([-30.0])], weights)


def test_sounds_of_two_pitches_are_refused() -> None:
    analysis = analyse(harmonic(60, LEVELS), 60.0)
    with pytest.raises(TimbreError, match="one pitch"):
        mix([analysis.at(48), analysis.at(60)], [0.5, 0.5])


def test_a_note_has_its_pitch_its_length_and_its_seed() -> None:
    parts = tone(LEVELS, 2.0)
    made = play(parts, 60, 127, 1.5, 1)
    assert len(made) == 1.5 * RATE
    assert spectrum_at(made, hertz(60)) == pytest.approx(-20.0, abs=0.3)
    assert (made == play(parts, 60, 127, 1.5, 1)).all()
    assert len(play(parts, 60, 127, 9.0, 1)) == 2.0 * RATE - 2.0 * RATE % HOP


def test_a_softer_note_is_darker_and_begins_later() -> None:
    parts = tone([-20.0 - number for number in range(20)])
    loud, soft = (play(parts, 60, velocity, 1.0, 1) for velocity in (127, 40))
    darker = [spectrum_at(made, 8 * hertz(60)) - spectrum_at(made, hertz(60)) for made in (loud, soft)]
    assert darker[0] - darker[1] > 10
    begun = [rms(made[: RATE // 100]) - rms(made[RATE // 2 :]) for made in (loud, soft)]
    assert begun[0] - begun[1] > 3


def test_takes_of_a_note_differ_a_little() -> None:
    parts = tone(LEVELS)
    takes = [play(parts, 60, 100, 1.0, 1, variation) for variation in range(3)]
    for take in takes[1:]:
        assert not np.allclose(take, takes[0], atol=1e-3)
        assert rms(take) == pytest.approx(rms(takes[0]), abs=3.0)
    assert (play(parts, 60, 100, 1.0, 1, 2) == takes[2]).all()


def test_without_a_pitch_a_sound_is_as_it_is() -> None:
    made = play(analyse(harmonic(52, LEVELS), 52.0).at(None), None, 127, 1.0, 1)
    found = harmonics(made, np.full(len(made) // HOP + 1, hertz(52)))[40:-40]
    assert np.abs(found[:, :6] - LEVELS).max() < 1.0
    t = times(0.5)
    kick = np.sin(2 * np.pi * np.cumsum(50 + 100 * np.exp(-t / 0.03)) / RATE) * np.exp(-t / 0.1)
    again = play(analyse(kick, None).at(None), None, 127, 1.0, 1)
    assert rms(again) == pytest.approx(rms(kick), abs=1.5)


def test_a_drum_stays_as_it_is_while_another_comes_to_its_pitch() -> None:
    drum = analyse(ringing([(186.0, -20.0, 60.0), (332.0, -26.0, 60.0)]) + noise(-50.0), None)
    cat = analyse(harmonic(67, LEVELS), 67.0)
    alone = drum.at(40, transposed=False)
    assert hertz(40) * 2 ** (np.median(alone.intervals[40:120, 0]) / 12) == pytest.approx(186.0, rel=0.01)
    made = play(mix([cat.at(40), alone], [0.5, 0.5]), 40, 127, 1.0, 1)
    assert np.isfinite(made).all()


@pytest.mark.parametrize("levels", [[-20.0], [-20.0, -35.0, -55.0]])
@pytest.mark.parametrize("up", [12, 24])
def test_a_whistle_stays_a_whistle_when_it_is_sent_up_and_does_not_sink_into_its_breath(
    levels: list[float], up: int
) -> None:
    """What is read off a spectrum where nothing is recorded of it would leave the noise alone."""
    parts = analyse(harmonic(69, levels) + noise(-60.0), 69.0).at(69.0 + up)
    tone = harmonic_sound(parts.harmonics, np.full(parts.frames, hertz(69 + up)), parts.samples)
    assert -37.0 < rms(tone) < -23.0, "the noise is at -60"
    power = np.mean(10 ** (parts.harmonics / 10), axis=0)
    assert power[0] > 10 * power[1:].sum(), "it is its first harmonic"
