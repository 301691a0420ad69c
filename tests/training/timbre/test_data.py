# pyright: basic
"""What the timbre model learns from: sounds that are at the pitch that their label says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from fakes import notes

RATE = 16_000


def a_tone(pitch: float, family: int = 1) -> np.ndarray:
    from reverie.training.timbre.tones import drawn, sound

    return sound(drawn(6, 0)[family], pitch, 1.5)


@pytest.mark.parametrize("family", range(6))
def test_tones_are_at_their_pitch(family: int) -> None:
    for pitch in (43, 60, 77):
        measured = notes.pitch(a_tone(pitch, family), RATE)
        assert measured == pytest.approx(pitch, abs=0.2)


@pytest.mark.parametrize(("sounding", "octave", "cents"), [(60, 0, 0), (72, 1, 0), (48, -1, 0), (60.3, 0, 30)])
def test_a_label_that_is_an_octave_or_a_few_cents_off_is_found_out(sounding: float, octave: int, cents: int) -> None:
    from reverie.training.timbre.data import fit

    found = fit(a_tone(sounding), 60)
    assert found is not None
    assert found.octave == octave
    assert found.cents == pytest.approx(cents, abs=6)


def test_what_has_no_pitch_or_another_fits_no_label() -> None:
    from reverie.training.timbre.data import fit

    noise = 0.3 * np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    assert fit(noise, 60) is None
    assert fit(a_tone(66), 60) is None


def test_the_pool_has_each_character_at_each_pitch_and_is_made_once(tmp_path: Path) -> None:
    from reverie.training.timbre.data import PITCHES, RECORDED, SAMPLES, build_pool

    pair = tmp_path / "data" / "Horn_Reed"
    pair.mkdir(parents=True)
    for mix in range(5):
        for pitch in RECORDED:
            # Ten cents sharp, and a tenth of a second late.
            samples = np.concatenate([np.zeros(RATE // 10, np.float32), a_tone(pitch + 0.1)])
            soundfile.write(pair / f"{mix}_{pitch}.mp3", samples, RATE, format="FLAC")
    said: list[str] = []
    pool = build_pool(tmp_path / "data", tmp_path / "work", 1, said.append)
    assert pool.names == (*(f"Horn_Reed/{mix}" for mix in range(5)), "tone/0")
    assert pool.sounds.shape == (6, len(PITCHES), SAMPLES)
    for pitch in (36, 50, 61, 84):
        samples = pool.sounds[2, PITCHES.index(pitch)].astype(np.float32) / 32767
        assert notes.pitch(samples, RATE) == pytest.approx(pitch, abs=0.08)
        assert np.argmax(np.abs(samples) > 0.02) < 600
    high, middle = (int(pool.lengths[2, PITCHES.index(pitch)]) for pitch in (84, 72))
    assert high < 0.6 * middle
    said.clear()
    assert build_pool(tmp_path / "data", tmp_path / "work", 1, said.append).names == pool.names
    assert not said
