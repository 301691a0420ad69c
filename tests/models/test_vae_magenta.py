# pyright: basic, reportMissingImports=false, reportArgumentType=false
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.data import data_folder
from fakes.vae import dumped
from fakes.vae_magenta import Reference
from reverie.models.lstm import Array
from reverie.models.vae.heads import Frames
from reverie.models.vae.latent import interpolate
from reverie.models.vae.model import Vae
from reverie.models.vae.names import weights_from
from reverie.models.vae.wirings import WIRINGS

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore")]

EXACT = 1e-5
SLOW = (pytest.mark.slow, pytest.mark.timeout(1200))
SIZES: dict[str, dict[str, Any]] = {
    "cat-mel_2bar_small": {},
    "cat-drums_2bar_small": {},
    "groovae_2bar_humanize": {},
    "groovae_2bar_tap_fixed_velocity": {},
    "groovae_2bar_add_closed_hh": {},
    "cat-mel_2bar_big": {"enc_rnn_size": [64], "dec_rnn_size": [64, 48, 64], "z_size": 32},
    "cat-drums_2bar_big": {"enc_rnn_size": [64], "dec_rnn_size": [64, 64, 64], "z_size": 32},
    "flat-trio_16bar": {"enc_rnn_size": [64, 32], "dec_rnn_size": [64, 64, 64], "z_size": 32},
    "hierdec-trio_16bar": {"segments": 4, "enc_rnn_size": [64, 32], "dec_rnn_size": [64, 48], "z_size": 32},
    "hier-trio_16bar": {"enc_rnn_size": [64], "dec_rnn_size": [64, 48], "z_size": 32},
    "flat-mel_16bar": {"enc_rnn_size": [64, 32], "dec_rnn_size": [64, 64, 64], "z_size": 32},
    "hierdec-mel_16bar": {"segments": 4, "enc_rnn_size": [64, 32], "dec_rnn_size": [64, 48], "z_size": 32},
    "hier-mel_16bar": {"enc_rnn_size": [64], "dec_rnn_size": [64, 48], "z_size": 32},
}
"""What is smaller here than Magenta has it; those of the published small models are as they are.

Magenta builds a graph of its own for each segment, so where that would take long there are four.
"""


class Numbers:
    """Uniform numbers, to be given out once."""

    def __init__(self, numbers: NDArray[np.float64]) -> None:
        self._numbers = numbers

    def random(self, size: tuple[int, ...]) -> NDArray[np.float64]:
        assert size == self._numbers.shape
        return self._numbers

    def standard_normal(self, size: tuple[int, ...]) -> NDArray[np.float64]:
        raise AssertionError(size)


def _vectors(vae: Vae, frames: Frames) -> Array:
    """Frames as Magenta has them."""
    classes = [count for core in vae.wiring.cores for count in core]
    if not classes:
        return frames
    return np.concatenate(
        [np.eye(count, dtype=np.float32)[frames[..., head]] for head, count in enumerate(classes)], axis=-1
    )


def _random_frames(vae: Vae, rng: np.random.Generator, shape: tuple[int, int]) -> Frames:
    classes = [count for core in vae.wiring.cores for count in core]
    if classes:
        return np.stack([rng.integers(0, count, shape) for count in classes], axis=-1)
    groove = rng.uniform(-1, 1, (*shape, vae.frame_width)).astype(np.float32)
    groove[..., : vae.draws] = groove[..., : vae.draws] > 0.5
    return groove


def _equal(reference: Reference, vae: Vae, seed: int = 0, draws: int = 2000) -> None:
    """Encoder, teacher-forced decoder and samples of both."""
    rng = np.random.default_rng(seed)
    batch, longest = reference.batch, reference.longest
    frames = _random_frames(vae, rng, (batch, longest))
    z = rng.standard_normal((batch, vae.latent_size)).astype(np.float32)

    x = _vectors(vae, frames)
    if x.shape[-1] != reference.input_depth:
        x = (rng.random((batch, longest, reference.input_depth)) > 0.7).astype(np.float32)
    for lengths in (np.full(batch, longest), np.array([0, longest] * batch)[:batch]):
        for ours, theirs in zip(vae.encode(x, lengths), reference.encode(x, lengths), strict=True):
            assert np.abs(ours - theirs).max() <= EXACT
            assert theirs.std() > 0.01

    expected = reference.activated(z, _vectors(vae, frames))
    found = vae.activated(z, frames)
    assert found.shape == expected.shape == (batch, longest, reference.depth)
    print(f"{vae.config}: max|Δp| {np.abs(found - expected).max():.1e}")  # with -s
    assert np.abs(found - expected).max() <= EXACT
    assert expected.max(axis=-1).mean() > 0.1

    seen = 0
    for temperature in (1.0, 0.6):
        while seen < draws * temperature:
            numbers = rng.random((batch, longest, vae.draws))
            theirs = reference.sample(z, numbers, temperature)
            ours = vae.decode(z, longest, temperature, Numbers(numbers)).frames
            if ours.dtype == np.float32:
                np.testing.assert_allclose(ours, theirs, atol=EXACT)
            else:
                np.testing.assert_array_equal(_vectors(vae, ours), theirs)
            seen += batch * longest


@pytest.mark.parametrize("config", [pytest.param(c, marks=SLOW) if c == "hier-trio_16bar" else c for c in SIZES])
def test_equals_magenta(config: str) -> None:
    reference = Reference(config, batch_size=3 if "16bar" in config else 24, seed=7, **SIZES[config])
    _equal(reference, Vae(config, weights_from(config, reference.variables)))


def test_every_configuration_is_compared() -> None:
    assert set(SIZES) == set(WIRINGS)


def test_the_published_decoder_equals_magenta() -> None:
    config = "cat-mel_2bar_small"
    published = dumped(data_folder("magenta-weights/mel_2bar_small"))
    reference = Reference(config, batch_size=64, weights=published)
    _equal(reference, Vae(config, weights_from(config, reference.variables)))


def test_the_way_between_two_vectors_is_magentas() -> None:
    import reverie.magenta  # noqa: F401 - prepares TensorFlow  # isort: skip
    from magenta.models.music_vae.trained_model import TrainedModel

    for a, b in np.random.default_rng(0).standard_normal((5, 2, 256)).astype(np.float32):
        model = SimpleNamespace(encode=lambda *_, ends=(a, b): (None, ends, None), decode=lambda z, **_: z)
        np.testing.assert_allclose(interpolate(a, b, 9), TrainedModel.interpolate(model, None, None, 9), atol=1e-5)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("config", [config for config in SIZES if "small" not in config and "groovae" not in config])
def test_equals_magenta_at_full_size(config: str) -> None:
    reference = Reference(config, batch_size=2, seed=8)
    _equal(reference, Vae(config, weights_from(config, reference.variables)), draws=1)
