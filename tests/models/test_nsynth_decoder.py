"""NSynth's decoder against the same network written plainly, in double precision."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fakes.nsynth import SETTINGS, bundle_of, variables
from reverie.models.nsynth import decoder, mu_law
from reverie.models.nsynth.decoder import Decoding, drawn
from reverie.models.nsynth.model import WaveNet
from reverie.models.nsynth.pair import in_turn, side_by_side
from reverie.models.nsynth.products import product
from reverie.models.nsynth.weights import weights_from

Exact = NDArray[np.float64]

CLOSE = 1e-4


def model(threads: int = 1, **shape: int) -> WaveNet:
    return WaveNet(bundle_of(weights_from(variables(**shape)), SETTINGS), threads)


def encodings(notes: int, frames: int = 2, channels: int = 4) -> NDArray[np.float32]:
    return np.random.default_rng(notes).standard_normal((notes, frames, channels)).astype(np.float32)


def convolved(x: Exact, kernel: NDArray[np.float32], bias: NDArray[np.float32], dilation: int) -> Exact:
    """[time, inputs] with silence before the beginning."""
    out = np.zeros((len(x), len(bias))) + bias
    for back, tap in enumerate(kernel[::-1]):
        late = back * dilation
        out[late:] += x[: max(0, len(x) - late)] @ tap.astype(np.float64)
    return out


def plainly(net: WaveNet, weights: Any, encoding: NDArray[np.float32], classes: NDArray[Any]) -> Exact:
    """The logits [samples, 256] of one note, as ``Config.build`` in Magenta's ``h512_bo16.py`` has them."""

    def dense(name: str, x: Exact) -> Exact:
        return x @ weights[f"{name}.kernel"].astype(np.float64) + weights[f"{name}.bias"]

    heard = np.concatenate([[0.0], mu_law.heard(classes)[:-1]])[:, None]
    condition = np.repeat(encoding, net.sizes.hop, axis=0).astype(np.float64)
    x = convolved(heard, weights["decoder.start.kernel"], weights["decoder.start.bias"], 1)
    skips = dense("decoder.start.skip", x)
    for number in range(net.sizes.decoder.layers):
        layer = f"decoder.layers.{number}"
        dilation = 2 ** (number % net.sizes.stages)
        both = convolved(x, weights[f"{layer}.conv.kernel"], weights[f"{layer}.conv.bias"], dilation)
        gates, values = np.split(both + dense(f"{layer}.condition", condition), 2, axis=1)
        gated = np.tanh(values) / (1 + np.exp(-gates))
        x = x + dense(f"{layer}.residual", gated)
        skips += dense(f"{layer}.skip", gated)
    told = dense("decoder.out", np.maximum(skips, 0)) + dense("decoder.out.condition", condition)
    return dense("decoder.logits", np.maximum(told, 0))


def told_by(decoding: Decoding, classes: NDArray[Any], pieces: tuple[int, ...]) -> NDArray[np.float32]:
    """The logits [notes, samples, 256] of samples that it is told, a few at a time."""
    told: list[NDArray[np.float32]] = []

    def choose(logits: NDArray[np.float32], position: int) -> NDArray[Any]:
        told.append(logits.T.copy())
        return classes[:, position]

    for piece in pieces:
        decoding.run(piece, choose)
    return np.array(told).transpose(1, 0, 2)


@pytest.mark.parametrize("shape", [{}, {"taps": 2}, {"layers": 3, "width": 10, "skip": 5, "bottleneck": 4}])
@pytest.mark.parametrize("notes", [1, 3, 20])
def test_logits_are_those_of_the_plain_network(shape: dict[str, int], notes: int) -> None:
    weights = weights_from(variables(**shape))
    net = WaveNet(bundle_of(weights), 1)
    classes = np.random.default_rng(9).integers(0, 256, (notes, 2 * SETTINGS["hop"]))
    codes = encodings(notes)
    found = told_by(Decoding(net.network, codes, 1), classes, (64, 7, 57))
    for note in range(notes):
        expected = plainly(net, weights, codes[note], classes[note])
        assert np.abs(found[note] - expected).max() <= CLOSE * np.abs(expected).max()


@pytest.mark.parametrize("notes", [1, 5])
def test_two_threads_make_the_samples_of_one(notes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "_WORTH_MEETING", 0)
    numbers = np.random.default_rng(4).random((notes, 128), np.float32)
    made: list[NDArray[Any]] = []
    for threads in (1, 2):
        decoding = Decoding(model().network, encodings(notes), threads)
        decoding.run(128, drawn(numbers))
        made.append(decoding.classes)
    assert (made[0] == made[1]).all()
    assert len(np.unique(made[0])) > 10


@pytest.mark.parametrize("notes", [1, 4])
def test_what_is_restored_goes_on_to_the_same_samples(notes: int) -> None:
    numbers = np.random.default_rng(4).random((notes, 192), np.float32)
    network, codes = model().network, encodings(notes, 3)
    whole, first, second = (Decoding(network, codes, 1) for _ in range(3))
    whole.run(192, drawn(numbers))
    for _ in range(96 // first.ahead):
        first.run(first.ahead, drawn(numbers))
    second.restore(first.tensors())
    assert second.position == first.position > 0
    second.run(192 - second.position, drawn(numbers))
    assert (second.classes == whole.classes).all()


def test_what_is_kept_of_another_number_of_notes_is_refused() -> None:
    network = model().network
    kept = Decoding(network, encodings(2), 1).tensors()
    with pytest.raises(ValueError, match="should be"):
        Decoding(network, encodings(3), 1).restore(kept)
    with pytest.raises(ValueError, match="nothing was kept at sample 3"):
        Decoding(network, encodings(2), 1).restore({**kept, "position": np.array(3)})


def test_draws_are_as_likely_as_the_logits_say() -> None:
    logits = np.full((256, 1), -50.0, np.float32)
    logits[[3, 200], 0] = np.log([0.25, 0.75])
    numbers = np.asarray((np.arange(1000)[None] + 0.5) / 1000, np.float32)
    found = [int(drawn(numbers)(logits, position)[0]) for position in range(1000)]
    assert {3: found.count(3), 200: found.count(200)} == {3: 250, 200: 750}


@settings(deadline=None, max_examples=60)
@given(
    rows=st.one_of(st.integers(1, 96), st.sampled_from([64, 128, 256])),
    inner=st.integers(1, 300),
    columns=st.integers(1, 70),
    seed=st.integers(0, 9),
)
def test_products_in_blocks_are_products(rows: int, inner: int, columns: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    a, b = (random.standard_normal(shape).astype(np.float32) for shape in ((rows, inner), (inner, columns)))
    out = np.full((rows, columns), np.nan, np.float32)
    product(a, b, out)()
    assert np.allclose(out, a.astype(np.float64) @ b, atol=1e-3)


def test_halves_meet_and_a_failure_of_either_is_told() -> None:
    seen: list[str] = []

    def half(name: str, fails_at: int | None = None) -> Generator[None]:
        for turn in range(3):
            if turn == fails_at:
                raise ArithmeticError(name)
            seen.append(f"{name}{turn}")
            yield

    in_turn(half("a"), half("b"))
    assert seen == ["a0", "b0", "a1", "b1", "a2", "b2"]
    seen.clear()
    side_by_side(half("a"), half("b"))
    assert [sorted(seen[turn : turn + 2]) for turn in (0, 2, 4)] == [["a0", "b0"], ["a1", "b1"], ["a2", "b2"]]
    for failing in ({"a": 1, "b": None}, {"a": None, "b": 1}):
        with pytest.raises(ArithmeticError):
            side_by_side(half("a", failing["a"]), half("b", failing["b"]))
