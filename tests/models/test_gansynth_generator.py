"""GANSynth's generator against the same network written plainly, in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fakes.gansynth import LATENT, PITCHES, gansynth, random_weights
from reverie.models.errors import ModelError
from reverie.models.gansynth.convolution import Convolution
from reverie.models.gansynth.doubling import Doubling
from reverie.models.gansynth.generator import Generator, Growing
from reverie.models.gansynth.golden import answer
from reverie.models.library.bundle import Bundle

Exact = NDArray[np.floating[Any]]


def _convolved(x: Exact, kernel: NDArray[Any], bias: NDArray[Any]) -> Exact:
    """As TensorFlow pads: [rows, columns, channels] with as much of nothing before as after, or one less."""
    high, wide = kernel.shape[:2]
    rows, columns = x.shape[:2]
    padded = np.pad(x, [((high - 1) // 2, high // 2), ((wide - 1) // 2, wide // 2), (0, 0)])
    out = np.zeros((rows, columns, kernel.shape[3])) + bias
    for dy in range(high):
        for dx in range(wide):
            out += padded[dy : dy + rows, dx : dx + columns] @ kernel[dy, dx].astype(np.float64)
    return out


def _rectified(x: Exact) -> Exact:
    leaky = np.where(x > 0, x, 0.2 * x)
    return leaky / np.sqrt((leaky**2).mean(axis=-1, keepdims=True) + 1e-8)


def _plainly(bundle: Bundle, latent: NDArray[np.float32], label: int, scale: tuple[int, int] = (2, 2)) -> Exact:
    """What ``generator`` in Magenta's ``networks.py`` makes of it."""
    weights = bundle.weights
    z = np.concatenate([latent, np.eye(len(PITCHES))[label]])
    z /= np.sqrt((z**2).mean() + 1e-8)
    kernel = weights["blocks.0.conv0.kernel"].astype(np.float64)
    high, wide = kernel.shape[:2]
    padded = np.zeros((2 * high - 1, 2 * wide - 1, len(z)))
    padded[high - 1, wide - 1] = z
    x = np.array(
        [
            [np.einsum("abi,abio->o", padded[i : i + high, j : j + wide], kernel) for j in range(wide)]
            for i in range(high)
        ]
    )
    x = _rectified(x + weights["blocks.0.conv0.bias"])
    block = 0
    while True:
        x = _rectified(_convolved(x, weights[f"blocks.{block}.conv1.kernel"], weights[f"blocks.{block}.conv1.bias"]))
        block += 1
        if f"blocks.{block}.conv0.kernel" not in weights:
            break
        x = x.repeat(scale[0], axis=0).repeat(scale[1], axis=1)
        x = _rectified(_convolved(x, weights[f"blocks.{block}.conv0.kernel"], weights[f"blocks.{block}.conv0.bias"]))
    told = np.tanh(x @ weights["rgb.kernel"] + weights["rgb.bias"])
    return ((told - weights["normalizer.shift"]) / weights["normalizer.scale"]).transpose(2, 0, 1)


def _latent(seed: int = 5) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(LATENT).astype(np.float32)


@pytest.mark.parametrize("blocks", [1, 2, 3, 4])
@pytest.mark.parametrize("start", [(2, 8), (4, 16), (1, 2), (3, 4)])
def test_a_specgram_is_that_of_the_network_written_plainly(blocks: int, start: tuple[int, int]) -> None:
    bundle = gansynth(random_weights(blocks, start))
    generator = Generator(bundle)
    made = generator.specgram(_latent(), 1)
    assert made.dtype == np.float32
    assert made.shape == (2, generator.frames, generator.bins) == (2, start[0] << blocks - 1, start[1] << blocks - 1)
    np.testing.assert_allclose(made, _plainly(bundle, _latent(), 1), atol=2e-4)


@pytest.mark.parametrize("kernel", [(1, 1), (5, 5), (3, 5), (2, 4)])
def test_kernels_may_be_of_any_size(kernel: tuple[int, int]) -> None:
    bundle = gansynth(random_weights(kernel=kernel))
    np.testing.assert_allclose(Generator(bundle).specgram(_latent(), 0), _plainly(bundle, _latent(), 0), atol=2e-4)


@pytest.mark.parametrize(("mode", "base", "scale"), [("H", 2, (2, 1)), ("ALL", 4, (4, 4)), ("H", 3, (3, 1))])
def test_blocks_may_grow_otherwise(mode: str, base: int, scale: tuple[int, int]) -> None:
    bundle = gansynth(scale_mode=mode, scale_base=base)
    np.testing.assert_allclose(
        Generator(bundle).specgram(_latent(), 2), _plainly(bundle, _latent(), 2, scale), atol=2e-4
    )


def test_a_model_may_be_unbounded() -> None:
    tame, wild = (Generator(gansynth(to_rgb_activation=name)).specgram(_latent(), 0) for name in ("tanh", "linear"))
    np.testing.assert_allclose(np.tanh(wild * [[[0.2]], [[0.8]]] + [[[0.1]], [[0.0]]]) - [[[0.1]], [[0.0]]],
                               tame * [[[0.2]], [[0.8]]], atol=1e-5)  # fmt: skip


@pytest.mark.parametrize("kernel", [(3, 3), (5, 5), (1, 1)])
def test_the_first_frames_are_those_of_the_whole(kernel: tuple[int, int]) -> None:
    generator = Generator(gansynth(random_weights(5, kernel=kernel)))
    whole = generator.specgram(_latent(), 1)
    for frames in range(1, generator.frames + 1):
        part = generator.specgram(_latent(), 1, frames)
        assert part.shape == (2, frames, generator.bins)
        np.testing.assert_allclose(part, whole[:, :frames], atol=1e-5)
    assert generator.specgram(_latent(), 1, generator.frames + 9).shape == whole.shape


def test_fewer_frames_are_less_work(monkeypatch: pytest.MonkeyPatch) -> None:
    from reverie.models.gansynth import doubling

    rows: list[int] = []

    def product(kernel: NDArray[np.float32], x: NDArray[np.float32]) -> NDArray[np.float32]:
        rows.append(len(x))
        return kernel @ x

    monkeypatch.setattr(doubling, "_product", product)
    generator = Generator(gansynth(random_weights(6)))
    counts: list[int] = []
    for frames in (4, generator.frames):
        rows.clear()
        generator.specgram(_latent(), 1, frames)
        counts.append(sum(rows))
    assert counts[0] < counts[1] / 4


@settings(max_examples=20, deadline=None)
@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 140),
    channels=st.integers(1, 5),
    out=st.integers(1, 300),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_doubling_is_two_convolutions_of_a_doubled_image(
    rows: int, columns: int, channels: int, out: int, seed: int, data: st.DataObject
) -> None:
    random = np.random.default_rng(seed)

    def layer(heard: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        kernel = random.standard_normal((3, 3, heard, out)) / np.sqrt(9 * heard)
        return kernel.astype(np.float32), random.standard_normal(out).astype(np.float32)

    first, second = layer(channels), layer(out)
    x = random.standard_normal((rows, channels, columns)).astype(np.float32)
    wanted = data.draw(st.integers(1, 2 * rows))
    grown = Growing(Convolution(*first), Convolution(*second), (2, 2))
    expected: list[NDArray[np.float32]] = []
    grown(x, wanted, lambda _, y: expected.append(y))
    made = np.full((wanted, out, 2 * columns), np.nan, np.float32)

    def take(at: int, y: NDArray[np.float32]) -> None:
        made[at : at + len(y), :, ::2], made[at : at + len(y), :, 1::2] = y[:, 0], y[:, 1]

    Doubling(first, second)(x, wanted, take)
    np.testing.assert_allclose(made, expected[0][:, 0], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("rgb.kernel", np.zeros((9, 2)), "rgb.kernel has the shape"),
        ("blocks.1.conv1.bias", np.zeros(9), "blocks.1.conv1.bias has the shape"),
        ("blocks.2.conv0.kernel", np.zeros((3, 3, 9, 4)), "hears 9 channels, and the layer before it has 5"),
        ("blocks.2.conv1.kernel", np.zeros(3), "must be height x width x in x out"),
        ("normalizer.scale", np.zeros(2), "must not be 0"),
        ("normalizer.shift", np.zeros(3), "must be two numbers"),
    ],
)
def test_weights_of_no_one_model_are_refused(name: str, changed: NDArray[Any], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        Generator(gansynth({**random_weights(), name: changed.astype(np.float32)}))


@pytest.mark.parametrize("name", list(random_weights()))
def test_each_weight_is_needed(name: str) -> None:
    weights = random_weights()
    del weights[name]
    with pytest.raises(ModelError, match=r"missing|hears|leave none"):
        Generator(gansynth(weights))


def test_more_pitches_than_inputs_and_odd_bins_are_refused() -> None:
    with pytest.raises(ModelError, match="leave none of them for a latent"):
        Generator(gansynth(pitches="24-84"))
    with pytest.raises(ModelError, match="no power of 2"):
        Generator(gansynth(random_weights(start=(2, 6))))


def test_a_latent_and_a_label_must_be_the_models() -> None:
    generator = Generator(gansynth())
    with pytest.raises(ValueError, match="not of this model"):
        generator.specgram(np.zeros(LATENT + 1, np.float32), 0)
    with pytest.raises(ValueError, match="not of this model"):
        generator.specgram(np.zeros(LATENT, np.float32), len(PITCHES))


def test_a_golden_answer_tells_models_apart() -> None:
    one, other = gansynth(), gansynth(random_weights(seed=1))
    assert answer(one, 1) == answer(one, 1) != answer(one, 2)
    assert answer(one, 1) != answer(other, 1)
