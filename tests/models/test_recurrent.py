"""The recurrent engine by itself: what must hold of any model, whether Magenta is there to compare or not."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fakes import networks
from reverie.models.encodings.base import Hot
from reverie.models.errors import ModelError
from reverie.models.lstm import Array
from reverie.models.recurrent.attention import Window
from reverie.models.recurrent.beam import beam_search
from reverie.models.recurrent.golden import answer
from reverie.models.recurrent.model import PassageStream, RecurrentModel, compose
from reverie.models.recurrent.network import RecurrentMemory, RecurrentNetwork, gathered
from reverie.models.recurrent.sampling import allowed, chances, choose
from reverie.models.recurrent.weights import canonical_name, weights_from

Double = NDArray[np.float64]
CONFIGS = ("drum_kit", "attention_rnn", "polyphony", "performance_with_dynamics_and_note_encoding")


def sigmoid(x: Double) -> Double:
    return 1 / (1 + np.exp(-x))


def plain_step(weights: dict[str, Array], x: Double, state: dict[str, Double]) -> Double:
    """A step as TensorFlow's cells and Magenta's attention are defined, in double precision and nothing rewritten."""
    w = {name: tensor.astype(np.float64) for name, tensor in weights.items()}
    number = 0
    while f"layers.{number}.kernel" in w:
        layer = f"layers.{number}"
        if f"{layer}.projection.kernel" in w:
            x = x @ w[f"{layer}.projection.kernel"] + w[f"{layer}.projection.bias"]
        below = x
        attentive = f"{layer}.attention.memory" in w
        if attentive:
            a = f"{layer}.attention."
            x = np.concatenate([x, state["attention"]]) @ w[f"{a}input.kernel"] + w[f"{a}input.bias"]
        c, h = state[f"c{number}"], state[f"h{number}"]
        i, j, f, o = np.split(np.concatenate([x, h]) @ w[f"{layer}.kernel"] + w[f"{layer}.bias"], 4)
        c = sigmoid(f + 1) * c + sigmoid(i) * np.tanh(j)
        h = sigmoid(o) * np.tanh(c)
        state[f"c{number}"], state[f"h{number}"] = c, h
        x = h
        if attentive:
            a = f"{layer}.attention."
            query = np.concatenate([c, h]) @ w[f"{a}query.kernel"] + w[f"{a}query.bias"]
            scores = np.tanh(state["window"] @ w[f"{a}memory"] + query) @ w[f"{a}score"]
            weighed = np.exp(scores - scores.max())
            state["attention"] = weighed / weighed.sum() @ state["window"]
            x = np.concatenate([h, state["attention"]]) @ w[f"{a}output.kernel"] + w[f"{a}output.bias"]
            state["window"] = np.vstack([state["window"][1:], x])
        if "layers.0.projection.kernel" in w:
            x = x + below
        number += 1
    return x @ w["output.kernel"] + w["output.bias"]


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("batch", [1, 3])
def test_what_is_rewritten_is_what_the_cells_are_defined_to_do(attention: bool, residual: bool, batch: int) -> None:
    weights = networks.weights(9, (8, 8, 6), 5, attention=attention, residual=residual)
    network = RecurrentNetwork(weights, 4 if attention else 0)
    run = network.run(network.start(batch))
    empty = {"attention": np.zeros(8), "window": np.zeros((4, 8))}
    empty |= {f"{part}{number}": np.zeros(units) for number, units in enumerate((8, 8, 6)) for part in "ch"}
    states = [dict(empty) for _ in range(batch)]
    rng = np.random.default_rng(2)
    for _ in range(25):
        places = [sorted(rng.choice(9, size=3, replace=False).tolist()) for _ in range(batch)]
        hots = [Hot(tuple(row), (1.0, -1.0, 0.5)) for row in places]
        logits = run.step(hots)
        for row, hot in enumerate(hots):
            x = np.zeros(9)
            x[list(hot.places)] = hot.values
            np.testing.assert_allclose(logits[:, row], plain_step(weights, x, states[row]), atol=2e-5)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("sizes", [(8, 10, 6), (7,)])
def test_attention_around_the_whole_stack_is_what_it_is_defined_to_be(sizes: tuple[int, ...], batch: int) -> None:
    """Each step computed as TensorFlow's wrapper defines it, in double precision and nothing rewritten."""
    weights = networks.weights(9, sizes, 5, attention="stack")
    w = {name: tensor.astype(np.float64) for name, tensor in weights.items()}
    network = RecurrentNetwork(weights, 4)
    run = network.run(network.start(batch))
    rng = np.random.default_rng(2)
    cells: list[Double] = [np.zeros((batch, size)) for size in sizes]
    hiddens: list[Double] = [np.zeros((batch, size)) for size in sizes]
    attention: Double = np.zeros((batch, sizes[-1]))
    window: Double = np.zeros((batch, 4, sizes[-1]))
    for step in range(25):
        places = [sorted(rng.choice(9, size=3, replace=False).tolist()) for _ in range(batch)]
        logits = run.step([Hot(tuple(row), (1.0, -1.0, 0.5)) for row in places])
        x: Double = np.zeros((batch, 9))
        for row, place in enumerate(places):
            x[row, place] = 1.0, -1.0, 0.5
        x = np.hstack([x, attention]) @ w["attention.input.kernel"] + w["attention.input.bias"]
        for number in range(len(sizes)):
            gates = np.hstack([x, hiddens[number]]) @ w[f"layers.{number}.kernel"] + w[f"layers.{number}.bias"]
            i, j, f, o = np.split(gates, 4, axis=1)
            cells[number] = sigmoid(f + 1) * cells[number] + sigmoid(i) * np.tanh(j)
            x = hiddens[number] = sigmoid(o) * np.tanh(cells[number])
        parts = [part for pair in zip(cells, hiddens, strict=True) for part in pair]
        query = np.hstack(parts) @ w["attention.query.kernel"] + w["attention.query.bias"]
        scores = np.tanh(window @ w["attention.memory"] + query[:, None]) @ w["attention.score"]
        weighed = np.exp(scores - scores.max(axis=1, keepdims=True))
        weighed /= weighed.sum(axis=1, keepdims=True)
        attention = (weighed[:, :, None] * window).sum(axis=1)
        x = np.hstack([x, attention]) @ w["attention.output.kernel"] + w["attention.output.bias"]
        window = np.concatenate([window[:, 1:], x[:, None]], axis=1)
        np.testing.assert_allclose(logits.T, x @ w["output.kernel"] + w["output.bias"], atol=2e-5)
        if step == 12:  # what it remembers is a value, from which it goes on
            memory = RecurrentMemory.from_tensors(run.memory.as_tensors())
            run = network.run(memory.take(list(range(batch))))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"attention.score": None},
            r"attention.score is missing \(TensorFlow calls it attention_cell_wrapper/attention/attn_v",
        ),
        ({"attention.query.kernel": (16, 6)}, "attention.query.kernel has the shape 16 x 6, and 28 x 6 is needed"),
        ({"attention.output.kernel": (12, 8)}, "attention.output.kernel has the shape 12 x 8, and 12 x 6 is needed"),
        ({"attention.bias": (6,)}, "attention.bias is in it, and no such network has that part"),
        ({"layers.0.attention.score": (8,)}, "layers.0.attention.memory is missing"),
        ({"layers.0.projection.kernel": (9, 8), "layers.0.projection.bias": (8,)}, "projection|has the shape|rows"),
    ],
)
def test_weights_of_a_stack_that_do_not_fit_together_are_refused(
    change: dict[str, tuple[int, ...] | None], message: str
) -> None:
    made = networks.weights(9, (8, 6), 5, attention="stack")
    made |= {name: np.ones(shape, np.float32) for name, shape in change.items() if shape}
    weights = {name: tensor for name, tensor in made.items() if change.get(name, tensor) is not None}
    with pytest.raises(ModelError, match=message):
        RecurrentNetwork(weights, 4)


hots = st.lists(
    st.dictionaries(st.integers(0, 6), st.sampled_from([1.0, -1.0, 0.25]), max_size=4), min_size=1, max_size=5
)


@given(hots)
def test_adding_up_rows_is_multiplying(rows: list[dict[int, float]]) -> None:
    matrix = np.random.default_rng(3).standard_normal((7, 4)).astype(np.float32)
    dense = np.zeros((len(rows), 7), np.float32)
    for number, row in enumerate(rows):
        for place, value in row.items():
            dense[number, place] = value
    inputs = [Hot(tuple(sorted(row)), tuple(row[place] for place in sorted(row))) for row in rows]
    np.testing.assert_allclose(gathered(matrix, inputs), (dense @ matrix).T, atol=1e-6)


@pytest.mark.parametrize("largest", [0.01, 1, 10, 40])
def test_attention_is_exact_as_far_as_tanh_can_tell(largest: float) -> None:
    rng = np.random.default_rng(9)
    outputs = rng.uniform(-largest, largest, (1, 6, 4)).astype(np.float32)
    query, score = rng.uniform(-largest, largest, (4, 1)).astype(np.float32), rng.standard_normal(4).astype(np.float32)
    out = np.empty((4, 1), np.float32)
    with np.errstate(over="ignore"):
        Window(np.eye(4, dtype=np.float32) * 2, score, outputs).attend(query * 2, out)
    scores = np.tanh(outputs[0].astype(np.float64) + query[:, 0]) @ score
    expected = np.exp(scores) / np.exp(scores).sum() @ outputs[0]
    np.testing.assert_allclose(out[:, 0], expected, rtol=1e-4, atol=1e-5 * largest)


def test_attention_beyond_all_measure_is_still_a_number() -> None:
    outputs = np.array([[[1e4, -1e4], [-1e4, 1e4], [0, 0]]], np.float32)
    for query in ([[1e4], [-1e4]], [[-1e4], [1e4]], [[1e30], [-1e30]]):
        out = np.empty((2, 1), np.float32)
        window = Window(np.eye(2, dtype=np.float32) * 2, np.ones(2, np.float32), outputs)
        with np.errstate(over="ignore"):
            window.attend(np.array(query, np.float32), out)
        assert np.isfinite(out).all()


def started(model: RecurrentModel, batch: int = 1) -> PassageStream:
    encoding = model.encoding
    stream = model.stream(model.start(batch))
    label = 3 if len(encoding.classes) == 1 else tuple(2 for _ in encoding.classes)
    stream.prime([encoding.event(encoding.start(), label)])
    return stream


@pytest.mark.parametrize("config", CONFIGS)
def test_a_passage_in_a_batch_is_the_passage_alone(config: str) -> None:
    model = networks.model(config)
    numbers = np.random.default_rng(4).random((30, 3, len(model.encoding.classes)))

    class Given:
        """The numbers of some rows, a step at a time."""

        def __init__(self, rows: Sequence[int]) -> None:
            self.steps = iter(numbers[:, list(rows)])

        def random(self, size: tuple[int, ...]) -> Double:
            step = next(self.steps)
            assert step.shape == size
            return step

    together = compose(started(model, 3), 30, Given([0, 1, 2]))
    for row in range(3):
        assert compose(started(model), 30, Given([row])) == [together[row]]


@pytest.mark.parametrize("config", CONFIGS)
def test_going_on_from_a_saved_state_is_going_on(config: str) -> None:
    model = networks.model(config)
    stream, rng = started(model, 2), np.random.default_rng(5)
    compose(stream, 23, rng)
    saved = stream.carried.as_bytes()
    assert saved == stream.carried.as_bytes()
    twin = np.random.default_rng(6)
    onward = compose(stream, 17, np.random.default_rng(6))
    assert compose(model.stream(model.carried_from_bytes(saved)), 17, twin) == onward
    assert model.carried_from_bytes(saved).as_bytes() == saved


def test_a_state_is_a_value_that_streams_leave_alone() -> None:
    model = networks.model()
    carried = started(model).carried
    before = carried.as_bytes()
    compose(model.stream(carried), 9, np.random.default_rng(1))
    compose(model.stream(carried.take([0, 0])), 9, np.random.default_rng(1))
    assert carried.as_bytes() == before


@pytest.mark.parametrize("cut", [0, 1, 50, -1])
def test_a_damaged_state_is_refused(cut: int) -> None:
    model = networks.model()
    with pytest.raises(ModelError, match="damaged, or another model's"):
        model.carried_from_bytes(started(model).carried.as_bytes()[:cut])


def test_whatever_bit_of_a_state_is_flipped_it_is_read_or_refused() -> None:
    model = networks.model()
    saved = started(model).carried.as_bytes()
    refused = 0
    for place in range(len(saved)):
        damaged = bytearray(saved)
        damaged[place] ^= 1 << place % 8
        try:
            model.carried_from_bytes(bytes(damaged))
        except ModelError:
            refused += 1
    assert refused > len(saved) / 2


def test_a_state_that_seems_to_be_encrypted_is_refused() -> None:
    model = networks.model()
    saved = bytearray(started(model).carried.as_bytes())
    saved[saved.index(b"PK\x01\x02") + 8] ^= 1
    with pytest.raises(ModelError, match="damaged, or another model's"):
        model.carried_from_bytes(bytes(saved))


@pytest.mark.parametrize("other", [{"config": "drum_kit"}, {"layers": (16, 16)}, {"window": 6}, {"window": 0}])
def test_a_state_of_another_model_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="damaged, or another model's"):
        networks.model().carried_from_bytes(started(networks.model(**other)).carried.as_bytes())


def test_what_is_not_allowed_is_never_drawn() -> None:
    model = networks.model("polyphony", window=0)
    mask = np.zeros(model.encoding.classes[0], bool)
    mask[[7, 9]] = True
    stream = started(model, 4)
    rng = np.random.default_rng(7)
    for _ in range(20):
        states = list(stream.carried.states)
        events = stream.draw(rng, mask=mask)
        labels = {model.encoding.label(state, event) for state, event in zip(states, events, strict=True)}
        assert labels <= {7, 9}


def test_where_nothing_allowed_has_a_chance_each_gets_the_same() -> None:
    chance = np.array([[1.0], [0.0], [0.0]], np.float32)
    assert allowed(chance, np.array([False, True, True]))[:, 0].tolist() == [0, 0.5, 0.5]


def test_the_likelihood_of_what_was_drawn_is_that_of_forcing_it() -> None:
    model = networks.model("polyphony", window=0)
    drawn, forced = started(model, 2), started(model, 2)
    rng = np.random.default_rng(8)
    for _ in range(12):
        forced.force(drawn.draw(rng, 0.8), 0.8)
    np.testing.assert_allclose(forced.log_likelihoods, drawn.log_likelihoods, rtol=1e-6)
    assert (drawn.log_likelihoods < 0).all()


def test_weights_whose_products_are_beyond_float32_are_compiled_without_a_warning() -> None:
    weights = networks.weights(9, (8, 8), 5, attention=True)
    for name in ("layers.0.kernel", "layers.0.attention.input.kernel"):
        weights[name] = np.full_like(weights[name], 1e30)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network = RecurrentNetwork(weights, 4)
    assert np.isinf(network.rows).any()


def test_a_model_that_has_heard_nothing_is_not_asked() -> None:
    model = networks.model()
    with pytest.raises(ValueError, match="push one first"):
        model.stream(model.start()).draw(np.random.default_rng(1))


@given(st.lists(st.floats(-30, 30, width=32), min_size=2, max_size=6), st.floats(0, 1, exclude_max=True))
def test_choices_are_those_of_numpy(logits: list[float], number: float) -> None:
    probabilities = chances(np.array(logits, np.float32)[:, None])
    cumulated = probabilities[:, 0].astype(np.float64).cumsum()
    cumulated /= cumulated[-1]
    expected = int(cumulated.searchsorted(number, side="right"))
    assert choose(probabilities, np.array([number]))[0] == expected
    assert choose(np.hstack([probabilities] * 2), np.array([number, number])).tolist() == [expected] * 2


def test_a_low_temperature_leaves_the_likeliest() -> None:
    logits = np.array([[1.0], [1.5], [0.0]], np.float32)
    assert chances(logits, 0.1).argmax() == 1
    assert chances(logits, 0.05)[1, 0] > 0.99
    np.testing.assert_allclose(chances(logits * 3, 3.0), chances(logits), rtol=1e-5)


def test_a_wider_beam_finds_what_is_likelier_on_the_whole() -> None:
    model = networks.model("polyphony", window=0)
    carried = started(model).carried

    def likelihood(size: int) -> float:
        found = (
            beam_search(model, carried, 12, np.random.default_rng(seed), size=size, branches=2) for seed in range(12)
        )
        return sum(one.log_likelihood for one in found)

    assert likelihood(6) > likelihood(1)
    found = beam_search(model, carried, 12, np.random.default_rng(1), size=3, branches=2, every=5)
    assert len(found.events) == 12
    forced = model.stream(carried)
    for event in found.events:
        forced.force([event])
    assert found.log_likelihood == pytest.approx(forced.log_likelihoods[0], rel=1e-5)
    assert found.carried.states == forced.carried.states


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("rnn/multi_rnn_cell/cell_1/basic_lstm_cell/kernel", "layers.1.kernel"),
        ("rnn_multi_rnn_cell_cell_0_basic_lstm_cell_bias", "layers.0.bias"),
        ("rnn/multi_rnn_cell/cell_0/attention_cell_wrapper/kernel", "layers.0.attention.input.kernel"),
        ("rnn/multi_rnn_cell/cell_0/attention_cell_wrapper/basic_lstm_cell/kernel", "layers.0.kernel"),
        ("rnn/multi_rnn_cell/cell_0/attention_cell_wrapper/attention/bias", "layers.0.attention.query.bias"),
        ("rnn/multi_rnn_cell/cell_0/attention_cell_wrapper/attention/attn_v", "layers.0.attention.score"),
        (
            "rnn/multi_rnn_cell/cell_0/attention_cell_wrapper/attn_output_projection/kernel",
            "layers.0.attention.output.kernel",
        ),
        ("rnn/multi_rnn_cell/cell_0/input_projection_wrapper/kernel", "layers.0.projection.kernel"),
        ("rnn/attention_cell_wrapper/kernel", "attention.input.kernel"),
        ("rnn/attention_cell_wrapper/attention/attn_w", "attention.memory"),
        ("rnn/attention_cell_wrapper/attention_output_projection/bias", "attention.output.bias"),
        ("rnn_attention_cell_wrapper_multi_rnn_cell_cell_2_basic_lstm_cell_kernel", "layers.2.kernel"),
        ("rnn/attention_cell_wrapper/kernel:0", "attention.input.kernel"),
        ("RNN/AttentionCellWrapper/Linear/Matrix", "attention.input.kernel"),
        ("RNN/AttentionCellWrapper/Attention/AttnV", "attention.score"),
        ("RNN/AttentionCellWrapper/Attention/Linear/Bias", "attention.query.bias"),
        ("RNN/AttentionCellWrapper/AttnOutputProjection/Linear/Matrix", "attention.output.kernel"),
        ("RNN/AttentionCellWrapper/MultiRNNCell/Cell1/BasicLSTMCell/Linear/Bias", "layers.1.bias"),
        ("RNN/MultiRNNCell/Cell0/BasicLSTMCell/Linear/Matrix", "layers.0.kernel"),
        ("RNN/MultiRNNCell/Cell0/AttentionCellWrapper/Attention/AttnW", "layers.0.attention.memory"),
        ("rnn/multi_rnn_cell/cell_1/attention_cell_wrapper/attention/attn_v", None),
        ("rnn/multi_rnn_cell/cell_0/gru_cell/gates/kernel", None),
        ("rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel/Adam", None),
        ("fully_connected/biases", "output.bias"),
        ("fully_connected/weights/Adam_1", None),
        ("rnn/multi_rnn_cell/cell_1/basic_lstm_cell/kernel/Adam", None),
        ("global_step", None),
    ],
)
def test_variables_of_tensorflow_have_names_of_ours(variable: str, name: str | None) -> None:
    assert canonical_name(variable) == name


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"output.bias": None}, "output.bias is missing"),
        ({"layers.1.kernel": None}, "layers.1.kernel is missing"),
        ({"layers.1.kernel": (3, 32)}, "layers.1.kernel has the shape 3 x 32, which is none of an LSTM"),
        ({"layers.1.kernel": (25, 48)}, r"layers.1.kernel has 25 rows, and 16 \+ 12 are needed"),
        ({"layers.0.bias": (3,)}, "layers.0.bias has the shape 3, and 64 is needed"),
        ({"layers.0.attention.memory": (16, 15)}, "layers.0.attention.memory has the shape 16 x 15, and 16 x 16"),
        ({"output.kernel": (11, 40)}, "output.kernel has the shape 11 x 40, and 12 x any is needed"),
    ],
)
def test_weights_that_do_not_fit_together_are_refused_by_name(
    change: dict[str, tuple[int, ...] | None], complaint: str
) -> None:
    weights = dict(networks.bundle().weights)
    for name, shape in change.items():
        if shape is None:
            del weights[name]
        else:
            weights[name] = np.zeros(shape, np.float32)
    with pytest.raises(ModelError, match=complaint):
        RecurrentNetwork(weights, 5)


def test_a_checkpoint_of_something_else_is_refused() -> None:
    with pytest.raises(ModelError, match="no layer of an LSTM"):
        weights_from({"generator/conv/kernel": np.zeros((2, 2), np.float32)})


def test_a_window_of_no_length_is_refused() -> None:
    with pytest.raises(ModelError, match="how long its window is"):
        RecurrentNetwork(networks.bundle().weights, 0)


def test_a_model_of_another_size_than_its_encoding_is_refused() -> None:
    small = networks.bundle()
    with pytest.raises(ModelError, match="small: has 74 inputs, and the encoding of drum_kit has 518"):
        RecurrentModel(replace(small, card=replace(small.card, config="drum_kit")))


def test_the_golden_answer_depends_on_every_weight() -> None:
    small = networks.bundle()
    before = answer(small, 1)
    assert before == answer(small, 1) != answer(small, 2)
    for name, tensor in small.weights.items():
        changed = {**small.weights, name: tensor * np.float32(1.2)}
        assert answer(replace(small, weights=changed), 1) != before, name
