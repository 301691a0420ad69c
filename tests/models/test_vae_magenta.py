# pyright: basic, reportArgumentType=false
from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.data import data_folder
from fakes.vae import dumped
from fakes.vae_magenta import Numbers, Reference, reference_of
from reverie.models.configs import config_of
from reverie.models.library.bundle import read_bundle
from reverie.models.library.card import read_card
from reverie.models.lstm import Array
from reverie.models.vae.heads import Frames
from reverie.models.vae.latent import interpolate
from reverie.models.vae.model import Vae
from reverie.models.vae.weights import weights_from
from reverie.models.vae.wirings import WIRINGS
from reverie.places import models_folder

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(600)]

EXACT = 1e-5
SHIPPED = sorted(
    path.stem
    for path in models_folder().glob("*.safetensors")
    if config_of(read_card(path).config).family == "music_vae"
)
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
    "hier-trio_16bar": {"segments": 4, "enc_rnn_size": [64], "dec_rnn_size": [64, 48], "z_size": 32},
    "flat-mel_16bar": {"enc_rnn_size": [64, 32], "dec_rnn_size": [64, 64, 64], "z_size": 32},
    "hierdec-mel_16bar": {"enc_rnn_size": [64, 32], "dec_rnn_size": [64, 48], "z_size": 32},
    "hier-mel_16bar": {"segments": 4, "enc_rnn_size": [64], "dec_rnn_size": [64, 48], "z_size": 32},
}
"""What is smaller here than Magenta has it; those of the published small models are as they are.

Magenta builds a graph of its own for each segment, so most conductors here lead four.
"""


def _classes(vae: Vae) -> list[int]:
    return [count for core in vae.wiring.cores for count in core]


def _frames(vae: Vae, vectors: Array) -> Frames:
    """What Magenta's vectors are here."""
    if not _classes(vae):
        return vectors
    return np.stack([head.argmax(axis=-1) for head in np.split(vectors, np.cumsum(_classes(vae))[:-1], axis=-1)], -1)


def _vectors(vae: Vae, frames: Frames) -> Array:
    """Frames as Magenta has them."""
    classes = _classes(vae)
    if not classes:
        return frames
    return np.concatenate(
        [np.eye(count, dtype=np.float32)[frames[..., head]] for head, count in enumerate(classes)], axis=-1
    )


def _random_frames(vae: Vae, rng: np.random.Generator, shape: tuple[int, int]) -> Frames:
    classes = _classes(vae)
    if classes:
        return np.stack([rng.integers(0, count, shape) for count in classes], axis=-1)
    groove = rng.uniform(-1, 1, (*shape, vae.frame_width)).astype(np.float32)
    groove[..., : vae.draws] = groove[..., : vae.draws] > 0.5
    return groove


def _equal(reference: Reference, vae: Vae, *, drawn: int = 2000, temperatures: Sequence[float] = (1.0, 0.6)) -> None:
    """Encoder, teacher-forced decoder, and so many steps or more that both draw."""
    rng = np.random.default_rng(0)
    batch, longest = reference.batch, reference.longest
    frames = _random_frames(vae, rng, (batch, longest))
    z = rng.standard_normal((batch, vae.latent_size)).astype(np.float32)

    heard = reference.heard
    x = _vectors(vae, _random_frames(vae, rng, (batch, heard)))
    if x.shape[-1] != reference.input_depth:
        x = (rng.random((batch, heard, reference.input_depth)) > 0.7).astype(np.float32)
    for lengths in (np.full(batch, heard), np.array([0, heard] * batch)[:batch]):
        for ours, theirs in zip(vae.encode(x, lengths), reference.encode(x, lengths), strict=True):
            assert np.abs(ours - theirs).max() <= EXACT
            assert theirs.std() > 0.01

    expected = reference.activated(z, _vectors(vae, frames))
    found = vae.activated(z, frames)
    assert found.shape == expected.shape == (batch, longest, reference.depth)
    print(f"{vae.config}: max|Δp| {np.abs(found - expected).max():.1e}")  # with -s
    assert np.abs(found - expected).max() <= EXACT
    assert expected.max(axis=-1).mean() > 0.1

    for temperature in temperatures:
        seen = 0
        while seen < drawn / len(temperatures):
            numbers = rng.random((batch, longest, vae.draws))
            theirs = _frames(vae, reference.sample(z, numbers, temperature))
            seen += _agreed(vae, z, theirs, numbers, temperature)


def _agreed(vae: Vae, z: Array, theirs: Frames, numbers: NDArray[np.float64], temperature: float) -> int:
    """How many steps pass until the sequences part, which they may only do where a number lies between two classes."""
    ours = vae.decode(z, theirs.shape[1], temperature, Numbers(numbers)).frames
    parted = (ours != theirs)[..., : vae.draws].any(axis=-1)
    agreed = np.where(parted.any(axis=1), parted.argmax(axis=1), parted.shape[1])
    for row, steps in enumerate(agreed):
        np.testing.assert_allclose(ours[row, :steps], theirs[row, :steps], atol=EXACT)
    for row in np.flatnonzero(parted.any(axis=1)):
        step = agreed[row]
        for draw in np.flatnonzero(ours[row, step, : vae.draws] != theirs[row, step, : vae.draws]):
            edges = _shares(vae, z, theirs, temperature)[draw][row, step].cumsum()
            assert np.abs(edges - numbers[row, step, draw]).min() <= EXACT
    return int(agreed.sum())


def _shares(vae: Vae, z: Array, frames: Frames, temperature: float) -> list[NDArray[np.float64]]:
    """For each draw the probabilities of its classes."""
    activated = vae.activated(z, frames)
    if _classes(vae):
        draws = np.split(activated, np.cumsum(_classes(vae))[:-1], axis=-1)
    else:
        draws = [np.stack([1 - hits, hits], axis=-1) for hits in np.moveaxis(activated[..., : vae.draws], -1, 0)]
    sharper = [shares ** (1 / temperature) for shares in draws]
    return [shares / shares.sum(axis=-1, keepdims=True) for shares in sharper]


@pytest.mark.parametrize(
    "config", [pytest.param(one, marks=pytest.mark.slow if one.startswith("hier") else ()) for one in SIZES]
)
def test_equals_magenta(config: str) -> None:
    reference = Reference(config, batch_size=8 if "16bar" in config else 24, seed=7, **SIZES[config])
    _equal(reference, Vae(config, weights_from(config, reference.variables)))


def test_every_configuration_is_compared() -> None:
    assert set(SIZES) == set(WIRINGS)


def test_the_published_decoder_equals_magenta() -> None:
    config = "cat-mel_2bar_small"
    published = dumped(data_folder("magenta-weights/mel_2bar_small"))
    reference = Reference(config, batch_size=64, weights=published)
    _equal(reference, Vae(config, weights_from(config, reference.variables)))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_latent_model_equals_magenta_with_the_sizes_of_its_card(name: str) -> None:
    bundle = read_bundle(models_folder() / f"{name}.safetensors")
    _equal(reference_of(bundle, batch_size=24), Vae(bundle.card.config, bundle.weights))


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
    _equal(reference, Vae(config, weights_from(config, reference.variables)), drawn=1, temperatures=[1.0])
