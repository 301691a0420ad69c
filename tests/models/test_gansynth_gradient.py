"""The generator's gradient: its way there is the generator's, and its way back what small steps show."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.gansynth import LATENT, PITCHES, gansynth, random_weights
from reverie.models.errors import ModelError
from reverie.models.gansynth.generator import Generator
from reverie.models.gansynth.gradient import GeneratorGradient
from reverie.models.gansynth.likeness import Likeness
from reverie.models.gansynth.specgrams import Specgrams

Array = NDArray[np.float32]


def point(seed: int = 5) -> Array:
    return np.random.default_rng(seed).standard_normal(LATENT).astype(np.float32)


@pytest.mark.parametrize("blocks", [1, 2, 3])
@pytest.mark.parametrize("kernel", [(3, 3), (1, 3), (5, 3), (2, 4)])
@pytest.mark.parametrize("frames", [1, 3, 8])
def test_the_way_there_is_the_generators(blocks: int, kernel: tuple[int, int], frames: int) -> None:
    bundle = gansynth(random_weights(blocks, kernel=kernel))
    made, _ = GeneratorGradient(bundle).magnitudes(point(), 1, frames)
    np.testing.assert_allclose(made, Generator(bundle).specgram(point(), 1, frames)[0], atol=1e-4)


@pytest.mark.parametrize("kernel", [(3, 3), (1, 3), (5, 3), (2, 4)])
@pytest.mark.parametrize("frames", [2, 5, 8])
@pytest.mark.parametrize("settings", [{}, {"scale_mode": "H"}, {"to_rgb_activation": "linear"}])
def test_the_way_back_is_what_small_steps_show(kernel: tuple[int, int], frames: int, settings: dict[str, str]) -> None:
    gradient = GeneratorGradient(gansynth(random_weights(3, kernel=kernel), **settings))
    made, back = gradient.magnitudes(point(), 2, frames)
    weights = np.random.default_rng(1).standard_normal(made.shape).astype(np.float32)
    slope = back(weights)
    for number in range(LATENT):
        step = np.zeros(LATENT, np.float32)
        step[number] = 3e-4
        ahead, behind = (gradient.magnitudes(point() + sign * step, 2, frames)[0] for sign in (1, -1))
        shown = float(np.sum((ahead.astype(np.float64) - behind) * weights)) / 6e-4
        assert slope[number] == pytest.approx(shown, rel=0.05, abs=0.02 * float(np.abs(slope).max()))


def test_its_work_is_counted() -> None:
    weights = random_weights(2)
    places = {"blocks.0.conv1.kernel": 2 * 8, "blocks.1.conv0.kernel": 4 * 16, "blocks.1.conv1.kernel": 4 * 16}
    wanted = weights["blocks.0.conv0.kernel"].size + sum(weights[name].size * count for name, count in places.items())
    assert GeneratorGradient(gansynth(weights)).multiplications == wanted


def test_weights_of_no_model_are_refused() -> None:
    weights = random_weights()
    del weights["blocks.1.conv1.bias"]
    with pytest.raises(ModelError, match="is missing"):
        GeneratorGradient(gansynth(weights))


@pytest.mark.parametrize("kind", ["mel", "linear", "phase"])
def test_a_likeness_falls_along_its_slope_and_is_nothing_for_what_is_wanted(kind: str) -> None:
    generator = Generator(gansynth(data_type=kind))
    specgrams = Specgrams(generator.settings, generator.frames, generator.bins)
    likeness = Likeness(specgrams, 8)
    random = np.random.default_rng(3)
    wanted, made = (random.normal(0, 2, (8, 32)).astype(np.float32) for _ in range(2))
    levels = likeness.levels(wanted)
    assert likeness.slope(wanted, levels)[0] < 1e-6
    assert likeness.slope(wanted + 3, levels)[0] < 1e-3, "how loud a note is does not matter"
    square, slope = likeness.slope(made, levels)
    for place in [(0, 31), (3, 12), (7, 20), np.unravel_index(np.abs(slope).argmax(), slope.shape)]:
        step = np.zeros_like(made)
        step[place] = 1e-2
        shown = (likeness.slope(made + step, levels)[0] - likeness.slope(made - step, levels)[0]) / 2e-2
        assert slope[place] == pytest.approx(shown, rel=0.05, abs=0.01 * float(np.abs(slope).max()))
    assert likeness.slope(made - 0.1 * slope / np.abs(slope).max(), levels)[0] < square


def test_silence_is_compared_too() -> None:
    generator = Generator(gansynth())
    specgrams = Specgrams(generator.settings, generator.frames, generator.bins)
    likeness = Likeness(specgrams, generator.frames)
    silent = np.full((8, 32), -13.8, np.float32)
    square, slope = likeness.slope(silent, likeness.levels(np.zeros((8, 32), np.float32)))
    assert np.isfinite(square)
    assert np.isfinite(slope).all()
    assert len(PITCHES) == len(generator.settings.pitches)
