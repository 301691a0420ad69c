"""NSynth's decoder compiled by JAX: the logits of NumPy's, and a rendering that is frozen and gone on with.

JAX is no part of the environment of tests; without it they are skipped, but for what is said where it is missing.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.nsynth import SETTINGS, bundle_of, variables
from reverie.models.errors import ModelError
from reverie.models.nsynth.decoder import Decoding, drawn
from reverie.models.nsynth.decoder_jax import JaxDecoding, JaxNetwork
from reverie.models.nsynth.model import WaveNet
from reverie.models.nsynth.weights import sizes_of, weights_from
from reverie.timbre.errors import TimbreError
from reverie.timbre.render.nsynth import NSynth
from reverie.timbre.sound import NoteRequest

needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX (the extra 'fast') is missing")
Array = NDArray[np.float32]


def encodings(notes: int, frames: int, channels: int = 4) -> Array:
    return np.random.default_rng(notes).standard_normal((notes, frames, channels)).astype(np.float32)


def network(**shape: int) -> tuple[WaveNet, JaxNetwork]:
    bundle = bundle_of(weights_from(variables(**shape)), SETTINGS)
    return WaveNet(bundle, 1), JaxNetwork(bundle.weights, sizes_of(bundle.weights, SETTINGS))


@needs_jax
@pytest.mark.parametrize(
    "shape", [{}, {"layers": 5, "taps": 2}, {"layers": 12, "width": 32, "skip": 12, "bottleneck": 7}]
)
@pytest.mark.parametrize("notes", [1, 3])
def test_its_logits_are_those_of_numpy(shape: dict[str, int], notes: int) -> None:
    net, jax = network(**shape)
    encoding = encodings(notes, 4, shape.get("bottleneck", 4))
    count = encoding.shape[1] * net.sizes.hop
    classes = np.random.default_rng(7).integers(0, 256, (notes, count)).astype(np.uint8)
    told: list[Array] = []

    def choose(logits: Array, position: int) -> NDArray[Any]:
        told.append(logits.T.copy())
        return classes[:, position]

    Decoding(net.network, encoding, 1).run(count, choose)
    decoding = JaxDecoding(jax, encoding)
    np.testing.assert_allclose(decoding.hear(classes), np.array(told).transpose(1, 0, 2), atol=1e-3)
    np.testing.assert_array_equal(decoding.classes, classes)
    assert decoding.position == decoding.samples == count


@needs_jax
def test_by_the_same_numbers_it_draws_the_same_samples_and_goes_on_from_where_it_was() -> None:
    net, jax = network()
    encoding, numbers = encodings(2, 5), np.random.default_rng(8).random((2, 5 * 64), np.float32)
    plain = Decoding(net.network, encoding, 1)
    plain.run(plain.samples, drawn(numbers))
    decoding = JaxDecoding(jax, encoding)
    while decoding.position < decoding.samples:
        decoding.draw(decoding.ahead, numbers)
        kept = {name: tensor.copy() for name, tensor in decoding.tensors().items()}
        decoding = JaxDecoding(jax, encoding)
        decoding.restore(kept)
    assert np.mean(decoding.classes == plain.classes) > 0.95, "but for draws between two classes"


@needs_jax
def test_what_is_of_other_notes_or_another_decoder_is_not_gone_on_with() -> None:
    net, jax = network()
    decoding = JaxDecoding(jax, encodings(2, 3))
    decoding.draw(decoding.ahead, np.zeros((2, 192), np.float32))
    with pytest.raises(ValueError, match="of other notes"):
        JaxDecoding(jax, encodings(3, 3)).restore(decoding.tensors())
    with pytest.raises(ValueError, match="nothing was kept"):
        JaxDecoding(jax, encodings(2, 3)).restore({**decoding.tensors(), "position": np.array(7)})
    with pytest.raises(KeyError):
        JaxDecoding(jax, encodings(2, 3)).restore(Decoding(net.network, encodings(2, 3), 1).tensors())


@needs_jax
def test_a_timbre_model_renders_by_it_what_it_renders_by_numpy() -> None:
    bundle = bundle_of(weights_from(variables()), SETTINGS)
    plain, fast = NSynth(bundle, 1), NSynth(bundle, 1, "jax")
    assert plain.model == fast.model
    codes, notes = list(encodings(2, 6)), [NoteRequest(60, 127, 0.02), NoteRequest(67, 100, 0.01)]
    made: list[list[Array]] = []
    for model in (plain, fast):
        rendering = model.begin(codes, notes, 5)
        rendering.step()
        rendering = model.thaw(rendering.freeze())
        while not rendering.advance():
            pass
        made.append([sound.samples for sound in rendering.sounds()])
    assert [len(samples) for samples in made[0]] == [320, 160]
    for one, other in zip(*made, strict=True):
        assert np.mean(np.isclose(one, other)) > 0.95
    begun = plain.begin(codes, notes, 5)
    begun.step()
    with pytest.raises(TimbreError, match="begun anew"):
        fast.thaw(begun.freeze())


def test_where_jax_is_missing_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    bundle = bundle_of(weights_from(variables()), SETTINGS)
    with pytest.raises(ModelError, match=r"needs the package jax.*pip install 'reverie-daemon\[fast\]'"):
        NSynth(bundle, 1, "jax")
