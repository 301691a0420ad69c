"""Audio as specgrams and back, and the latents that lie between others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.gansynth.gan_config import settings_from
from reverie.models.gansynth.latents import latent, mixed, slerp
from reverie.models.gansynth.mel import banded, linear_to_mel, mel_to_linear
from reverie.models.gansynth.specgrams import Specgrams

FRAMES, BINS = 32, 256
RATE, SAMPLES = 16000, 4000


def _specgrams(kind: str) -> Specgrams:
    return Specgrams(settings_from({"data_type": kind, "audio_length": SAMPLES, "sample_rate": RATE}), FRAMES, BINS)


def _note(hertz: float = 440.0) -> NDArray[np.float32]:
    time = np.arange(SAMPLES) / RATE
    note = sum(np.sin(2 * np.pi * hertz * number * time) / number for number in range(1, 6))
    return (0.3 * np.exp(-6 * time) * note).astype(np.float32)


@pytest.mark.parametrize("kind", ["linear", "phase"])
def test_audio_comes_back_of_linear_specgrams(kind: str) -> None:
    specgrams = _specgrams(kind)
    specgram = specgrams.specgram(_note())
    assert specgram.shape == (2, FRAMES, BINS)
    assert specgram.dtype == np.float32
    # The last frames' windows are not all there, as in Magenta, and 0 Hz is nowhere.
    end = SAMPLES - 2 * BINS
    np.testing.assert_allclose(specgrams.audio(specgram)[:end], _note()[:end], atol=1e-2)


def test_a_mel_specgram_keeps_pitch_and_loudness() -> None:
    specgrams = _specgrams("mel")
    back = specgrams.audio(specgrams.specgram(_note()))
    end = SAMPLES - 2 * BINS
    spectra = [np.abs(np.fft.rfft(sound[:end] * np.hanning(end))) for sound in (_note(), back)]
    assert spectra[0].argmax() == spectra[1].argmax()
    assert float(np.corrcoef(_note()[:end], back[:end])[0, 1]) > 0.9
    assert np.sqrt((back[:end] ** 2).mean() / (_note()[:end] ** 2).mean()) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("kind", ["mel", "linear", "phase"])
def test_the_first_frames_make_the_first_samples(kind: str) -> None:
    specgrams = _specgrams(kind)
    specgram = specgrams.specgram(_note())
    whole = specgrams.audio(specgram)
    assert len(whole) == SAMPLES
    for samples in (1, 100, 1000, 2345, SAMPLES - 1, SAMPLES, 2 * SAMPLES):
        frames = specgrams.frames_for(samples)
        part = specgrams.audio(specgram[:, :frames])
        assert len(part) >= min(samples, SAMPLES)
        np.testing.assert_allclose(part[:samples], whole[: len(part)][:samples], atol=1e-6)
    assert specgrams.frames_for(1) < specgrams.frames_for(2000) < specgrams.frames_for(SAMPLES) == FRAMES


def test_what_is_too_short_is_followed_by_silence_and_what_is_too_long_is_cut() -> None:
    specgrams = _specgrams("linear")
    short, long = _note()[:1000], np.concatenate([_note(), _note()])
    padded = np.concatenate([short, np.zeros(SAMPLES - 1000, np.float32)])
    np.testing.assert_array_equal(specgrams.specgram(short), specgrams.specgram(padded))
    np.testing.assert_array_equal(specgrams.specgram(long), specgrams.specgram(_note()))


def test_silence_is_finite_and_silent() -> None:
    for kind in ("mel", "linear", "phase"):
        specgrams = _specgrams(kind)
        silence = specgrams.specgram(np.zeros(0, np.float32))
        assert np.isfinite(silence).all()
        assert np.abs(specgrams.audio(silence)).max() < 1e-2


def test_too_few_frames_for_the_audio_are_refused() -> None:
    with pytest.raises(ModelError, match="2 frames of 256 bins are too few for 4,000 samples"):
        Specgrams(settings_from({"audio_length": SAMPLES}), 2, BINS)


@pytest.mark.parametrize("bins", [16, 64, 256])
def test_mel_bands_overlap_and_are_nearly_undone(bins: int) -> None:
    to_mel = linear_to_mel(bins, RATE)
    assert to_mel.min() == 0.0
    assert (to_mel[1:-1].sum(axis=1) > 0).all()
    there_and_back = to_mel @ mel_to_linear(to_mel)
    heard = there_and_back.sum(axis=0) != 0
    np.testing.assert_allclose(there_and_back.sum(axis=0)[heard], 1.0)
    x = np.random.default_rng(1).standard_normal((3, bins)).astype(np.float32)
    np.testing.assert_allclose(banded(to_mel).product(x), x @ to_mel, atol=1e-5)


def test_a_seed_is_a_latent() -> None:
    np.testing.assert_array_equal(latent(9, 4), latent(9, 4))
    assert not np.array_equal(latent(9, 4), latent(9, 5))
    assert latent(4096, 1).std() == pytest.approx(1.0, abs=0.05)


@given(st.floats(0.0, 1.0), st.integers(0, 50))
def test_a_great_circle_goes_from_one_to_the_other_at_an_even_pace(share: float, seed: int) -> None:
    one, other = (v / np.float32(np.linalg.norm(v)) for v in (latent(5, seed), latent(5, seed + 100)))
    between = slerp(one, other, share)
    assert np.linalg.norm(between) == pytest.approx(1.0, abs=1e-3)
    whole, part = (float(np.arccos(np.clip(np.dot(one, to), -1, 1))) for to in (other, between))
    assert part == pytest.approx(share * whole, abs=2e-3)


def test_points_that_lie_on_a_line_are_mixed_straight() -> None:
    one = latent(5, 1)
    np.testing.assert_allclose(slerp(one, 2 * one, 0.5), 1.5 * one, rtol=1e-5)
    np.testing.assert_allclose(slerp(one, -one, 0.25), 0.5 * one, rtol=1e-5)
    np.testing.assert_allclose(slerp(np.zeros(5, np.float32), one, 0.5), 0.5 * one, rtol=1e-5)


@pytest.mark.parametrize("spherical", [False, True])
def test_all_weight_on_one_point_is_that_point(spherical: bool) -> None:
    points = [latent(5, seed) for seed in range(3)]
    for number, point in enumerate(points):
        np.testing.assert_allclose(
            mixed(points, [float(n == number) for n in range(3)], spherical=spherical), point, rtol=1e-6
        )


def test_a_straight_mix_is_weighted() -> None:
    points = [latent(5, seed) for seed in range(3)]
    np.testing.assert_allclose(
        mixed(points, [0.5, 0.3, 0.2]), 0.5 * points[0] + 0.3 * points[1] + 0.2 * points[2], rtol=1e-5
    )


@pytest.mark.parametrize("weights", [[1.0], [0.5, 0.6], [1.5, -0.5]])
def test_weights_that_are_none_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        mixed([latent(5, 1), latent(5, 2)], weights)
    with pytest.raises(ValueError, match="of one size"):
        mixed([latent(5, 1), latent(6, 2)], [0.5, 0.5])
