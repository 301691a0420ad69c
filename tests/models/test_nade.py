"""Pianoroll-RNN-NADE against Magenta's, with random weights that Magenta has exported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.models.encodings.pianoroll import Frame
from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle, make_bundle, read_bundle
from reverie.models.library.card import ModelCard
from reverie.models.library.importing import ImportRequest, import_model
from reverie.models.nade.density import Nade, log_likelihoods
from reverie.models.nade.golden import STEPS, answer
from reverie.models.nade.model import NadeModel
from reverie.models.nade.weights import weights_from

KEYS, HIDDEN, UNITS = 12, 5, 7


def _variables(seed: int = 1) -> dict[str, NDArray[np.float32]]:
    """A small model's checkpoint."""
    rng = np.random.default_rng(seed)
    shapes = {
        "nade/w_enc": (KEYS, 1, HIDDEN),
        "nade/w_dec_t": (KEYS, HIDDEN, 1),
        "decoder/multi_rnn_cell/cell_0/basic_lstm_cell/kernel": (KEYS + UNITS, 4 * UNITS),
        "decoder/multi_rnn_cell/cell_0/basic_lstm_cell/bias": (4 * UNITS,),
        "decoder/dense/kernel": (UNITS, HIDDEN + KEYS),
        "decoder/dense/bias": (HIDDEN + KEYS,),
        "decoder/dense/kernel/Adam": (UNITS, HIDDEN + KEYS),
        "global_step": (),
    }
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def _bundle(variables: dict[str, NDArray[np.float32]]) -> Bundle:
    return make_bundle(ModelCard("small", "rnn-nade"), weights_from(variables))


@pytest.fixture
def small() -> NadeModel:
    return NadeModel(_bundle(_variables()))


def _frames(keys: NDArray[Any]) -> tuple[Frame, ...]:
    return tuple(tuple(np.flatnonzero(row).tolist()) for row in keys)


def test_all_frames_together_are_certain() -> None:
    rng = np.random.default_rng(3)
    nade = Nade(*rng.standard_normal((2, 6, 4)).astype(np.float32))
    every = (np.arange(64)[:, None] >> np.arange(6) & 1).astype(bool)
    biases = np.tile(rng.standard_normal(10).astype(np.float32), (64, 1))
    chances = nade.chances(biases, every)
    assert np.exp(log_likelihoods(every, chances)).sum() == pytest.approx(1.0, abs=1e-4)


def test_frames_are_drawn_as_often_as_they_are_likely() -> None:
    rng = np.random.default_rng(4)
    nade = Nade(*rng.standard_normal((2, 3, 4)).astype(np.float32))
    biases = np.tile(rng.standard_normal(7).astype(np.float32), (40_000, 1))
    drawn = nade.draw(biases, rng.random((40_000, 3)))
    numbers = drawn.frames @ [1, 2, 4]
    every = (np.arange(8)[:, None] >> np.arange(3) & 1).astype(bool)
    likely = np.exp(log_likelihoods(every, nade.chances(biases[:8], every)))
    assert np.bincount(numbers, minlength=8) / 40_000 == pytest.approx(likely, abs=0.015)


def test_what_is_drawn_has_the_chances_that_it_has_when_it_is_given() -> None:
    rng = np.random.default_rng(5)
    nade = Nade(*rng.standard_normal((2, 88, 16)).astype(np.float32))
    biases = rng.standard_normal((10, 104)).astype(np.float32)
    for uniforms in (None, rng.random((10, 88))):
        drawn = nade.draw(biases, uniforms, 1.3)
        assert drawn.frames.any(axis=1).all()
        np.testing.assert_allclose(drawn.chances, nade.chances(biases, drawn.frames), atol=1e-5)


def test_where_it_is_coldest_the_likelier_is_drawn() -> None:
    rng = np.random.default_rng(6)
    nade = Nade(*rng.standard_normal((2, 88, 16)).astype(np.float32))
    biases = rng.standard_normal((10, 104)).astype(np.float32)
    coldest = nade.draw(biases, rng.random((10, 88)), 1e-4)
    np.testing.assert_array_equal(coldest.frames, nade.draw(biases, None).frames)


def test_a_loop_can_be_continued_from_what_was_kept(small: NadeModel) -> None:
    stream = small.stream(small.start(3))
    stream.prime([(), (0, 3), (2,)])
    uniforms = np.random.default_rng(1)
    stream.draw(uniforms)
    kept = stream.carried
    numbers = uniforms.bit_generator.state
    went_on = [stream.draw(uniforms, 1.2) for _ in range(20)]

    again = np.random.default_rng()
    again.bit_generator.state = numbers
    back = small.stream(small.carried_from_bytes(kept.as_bytes()))
    assert [back.draw(again, 1.2) for _ in range(20)] == went_on
    np.testing.assert_array_equal(back.carried.biases, stream.carried.biases)


def test_pianorolls_of_a_batch_do_not_hear_each_other(small: NadeModel) -> None:
    rolls = np.random.default_rng(2).random((4, 10, KEYS)) < 0.3
    together = small.stream(small.start(4))
    for step in range(10):
        together.force(_frames(rolls[:, step]))
    alone = small.stream(together.carried.take([2, 0]))
    apart = small.stream(small.start())
    for step in range(10):
        apart.force(_frames(rolls[2:3, step]))
    assert apart.log_likelihoods[0] == pytest.approx(together.log_likelihoods[2], abs=1e-4)
    assert alone.draw()[0] == apart.draw()[0]


def test_another_models_state_is_refused(small: NadeModel) -> None:
    for data in (b"nonsense", small.start().as_bytes()[:-40]):
        with pytest.raises(ModelError, match="another model"):
            small.carried_from_bytes(data)


@pytest.mark.parametrize("keys", [(1, 1), (2, 1), (KEYS,), (-1,)])
def test_no_such_keys(small: NadeModel, keys: Frame) -> None:
    with pytest.raises(ValueError, match="ascending order"):
        small.stream(small.start()).push([keys])


@pytest.mark.parametrize(
    ("variable", "missing"),
    [
        ("nade/w_enc", "nade.encoder"),
        ("nade/w_dec_t", "nade.decoder"),
        ("decoder/dense/bias", "output.bias"),
        ("decoder/multi_rnn_cell/cell_0/basic_lstm_cell/bias", "layers.0.bias"),
    ],
)
def test_a_missing_weight_is_named(variable: str, missing: str) -> None:
    variables = _variables()
    del variables[variable]
    with pytest.raises(ModelError, match=missing):
        weights_from(variables)


def test_weights_that_do_not_fit_are_refused() -> None:
    variables = _variables()
    variables["nade/w_enc"] = variables["nade/w_enc"][:-1]
    with pytest.raises(ModelError, match=r"nade\.encoder has the shape"):
        weights_from(variables)


def test_the_golden_answer_depends_on_every_weight() -> None:
    variables = _variables()
    golden = answer(_bundle(variables), 1)
    assert len(golden) == STEPS
    assert golden == answer(_bundle(variables), 1) != answer(_bundle(variables), 2)
    for name in weights_from(variables):
        other = _bundle(variables)
        changed = {key: tensor * np.float32(1.01 if key == name else 1.0) for key, tensor in other.weights.items()}
        assert answer(make_bundle(other.card, changed), 1) != golden, name


@pytest.mark.magenta
@pytest.mark.filterwarnings("ignore")
class TestAgainstMagenta:
    BATCH = 8
    STEPS = 250

    def test_conditionals_teacher_forced(self, pair: tuple[Any, NadeModel]) -> None:
        theirs, ours = pair
        rolls = np.random.default_rng(7).random((self.BATCH, 300, 88)) < 0.06
        log_prob, chances = theirs.judge(rolls)
        log_prob, chances = log_prob.reshape(self.BATCH, 300), chances.reshape(self.BATCH, 300, 88)
        stream = ours.stream(ours.start(self.BATCH))
        stream.prime([()])  # Magenta trains after a silent step
        found: list[NDArray[np.float32]] = []
        for step in range(300):
            stream.force(_frames(rolls[:, step]))
            found.append(stream.latest)
        worst = np.abs(np.stack(found, axis=1) - chances).max()
        print(f"{theirs.name}: max|dp| {worst:.1e} over 300 steps of {self.BATCH} rolls")
        assert worst <= 1e-5
        assert chances.min() < 0.05
        assert chances.max() > 0.95
        assert stream.log_likelihoods == pytest.approx(log_prob.sum(axis=1), rel=1e-5)

    def test_same_numbers_same_frames(self, pair: tuple[Any, NadeModel]) -> None:
        theirs, ours = pair
        numbers = np.random.default_rng(8).random((self.STEPS, self.BATCH, 88), np.float32)
        primer = np.random.default_rng(9).random((self.BATCH, 1, 88)) < 0.1
        *_, state = theirs.step(theirs.zero_state, primer)
        stream = ours.stream(ours.start(self.BATCH))
        stream.push(_frames(primer[:, 0]))
        for step in range(self.STEPS):
            before = stream.log_likelihoods.copy()
            temperature = (1.0, 0.7, 1.4)[step % 3]
            frames, likely = theirs.draw(state, numbers[step], temperature)
            assert stream.draw(_Given(numbers[step]), temperature) == _frames(frames), step
            assert stream.log_likelihoods - before == pytest.approx(likely, abs=1e-3)
            *_, state = theirs.step(state, frames[:, None])

    def test_magentas_own_generation(self, pair: tuple[Any, NadeModel]) -> None:
        """Its sampler has no chance in it, and samples from the state that it is given, not from what it then hears."""
        theirs, ours = pair
        state, kept = theirs.zero_state, ours.start(self.BATCH)
        frames: NDArray[Any] = np.random.default_rng(9).random((self.BATCH, 1, 88)) < 0.1
        heard = 0
        for step in range(50):
            sample, likely, state = theirs.step(state, frames)
            drawing = ours.stream(kept)
            assert drawing.draw() == _frames(sample), step
            assert drawing.log_likelihoods == pytest.approx(likely, abs=1e-3)
            hearing = ours.stream(kept)
            hearing.push(_frames(frames[:, 0]))
            kept = hearing.carried
            np.testing.assert_allclose(kept.biases, np.hstack(state[:2]), atol=1e-4)
            frames = sample[:, None]
            heard += int(sample.sum())
        assert heard > 50

    def test_what_magenta_exports_is_read(self, pair: tuple[Any, NadeModel], tmp_path: Path) -> None:
        theirs, _ = pair
        theirs.write_bundle(tmp_path / "random.mag")
        read = read_bundle(import_model(tmp_path / "random.mag", tmp_path, ImportRequest(config=theirs.name)).path)
        window = theirs.config.hparams.attn_length
        assert read.card.settings == ({"attention_length": window} if window else {})
        for name, tensor in weights_from(theirs.weights).items():
            np.testing.assert_array_equal(read.weights[name], tensor)
        NadeModel(read)


class _Given:
    """Numbers that are no chance."""

    def __init__(self, numbers: NDArray[np.float32]) -> None:
        self._numbers = numbers

    def random(self, size: tuple[int, ...]) -> NDArray[np.float64]:
        assert size == self._numbers.shape
        return self._numbers.astype(np.float64)


@pytest.fixture(scope="module", params=["rnn-nade", "rnn-nade_attn"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Any, NadeModel]]:
    """Magenta's model and ours, with the same weights."""
    pytest.importorskip("magenta")
    from fakes.magenta_nade import MagentaNade

    theirs = MagentaNade(request.param, TestAgainstMagenta.BATCH)
    card = ModelCard("random", request.param, settings={"attention_length": theirs.config.hparams.attn_length})
    yield theirs, NadeModel(make_bundle(card, weights_from(theirs.weights)))
    theirs.close()
