"""Piano Genie: eight buttons play a piano."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.data import data_folder
from reverie.models.errors import ModelError
from reverie.models.genie.decoder import LOWEST_PITCH, Genie, features
from reverie.models.genie.weights import KEYS, weights_from
from reverie.models.golden import check
from reverie.models.library.bundle import Bundle, read_bundle
from reverie.models.library.card import ModelCard
from reverie.models.library.importing import ImportRequest, import_model


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    source = data_folder("magenta-weights") / "piano_genie"
    return read_bundle(
        import_model(source, tmp_path_factory.mktemp("models"), ImportRequest(config="piano_genie")).path
    )


@pytest.fixture(scope="module")
def genie(published: Bundle) -> Genie:
    return Genie(published)


def played(genie: Genie, buttons: list[int], seed: int, temperature: float = 0.25, wait: float = 0.25) -> list[int]:
    random = np.random.default_rng(seed)
    memory, pitches = genie.start(), []
    for button in buttons:
        pitch, memory = genie.press(memory, button, wait, random.random(), temperature)
        pitches.append(pitch)
    return pitches


def test_from_left_to_right_it_rises_and_back_it_falls(genie: Genie) -> None:
    rising = np.mean([played(genie, list(range(8)), seed) for seed in range(20)], axis=0)
    falling = np.mean([played(genie, list(range(8))[::-1], seed) for seed in range(20)], axis=0)
    assert (np.diff(rising) > 0).all()
    assert (np.diff(falling) < 0).all()
    assert rising[-1] - rising[0] > 12


def test_the_same_draws_play_the_same(genie: Genie) -> None:
    buttons = [3, 3, 5, 1, 7, 0, 4]
    assert played(genie, buttons, 1, 1.0) == played(genie, buttons, 1, 1.0)
    assert len({tuple(played(genie, buttons, seed, 1.0)) for seed in range(10)}) > 1


def test_at_no_temperature_chance_has_no_part(genie: Genie) -> None:
    assert len({tuple(played(genie, [0, 4, 7, 2], seed, 0)) for seed in range(10)}) == 1


def test_only_allowed_keys_sound(genie: Genie) -> None:
    scale = [pitch for pitch in range(48, 84) if pitch % 12 in {0, 2, 4, 5, 7, 9, 11}]
    random = np.random.default_rng(3)
    memory, pitches = genie.start(), set()
    for _ in range(50):
        pitch, memory = genie.press(memory, int(random.integers(8)), 0.2, random.random(), 1.0, scale)
        pitches.add(pitch)
    assert pitches <= set(scale)
    assert len(pitches) > 5


def test_the_ends_of_chance_stay_on_the_piano(genie: Genie) -> None:
    allowed = [60, 62]
    for draw, pitch in ((0.0, 60), (np.nextafter(1.0, 0.0), 62)):
        assert genie.press(genie.start(), 4, 1.0, float(draw), 5.0, allowed)[0] == pitch


def test_a_key_has_the_button_under_which_it_is_likeliest(genie: Genie) -> None:
    random = np.random.default_rng(4)
    memory, buttons = genie.start(), set[int]()
    for _ in range(30):
        key, wait = int(random.integers(20, 70)), float(random.uniform(0, 1))
        button = genie.button_for(memory, key, wait)
        likely = [float(genie.hear(memory, one, wait)[0][key]) for one in range(8)]
        assert likely[button] == pytest.approx(max(likely), abs=1e-5)
        memory = genie.told(memory, button, wait, key)
        buttons.add(button)
    assert len(buttons) > 4


def test_pressing_changes_no_memory_but_its_own(genie: Genie) -> None:
    start = genie.start()
    first = genie.press(start, 0, 1.0, 0.5)
    assert not start.cells.any()
    assert start.key is None
    again = genie.press(start, 0, 1.0, 0.5)
    assert again[0] == first[0]
    np.testing.assert_array_equal(again[1].hiddens, first[1].hiddens)


def test_likelihoods_are_likelihoods(genie: Genie) -> None:
    likelihoods, memory = genie.hear(genie.start(), 5)
    assert likelihoods.shape == (KEYS,)
    assert np.exp(likelihoods).sum() == pytest.approx(1, abs=1e-5)
    assert memory.key is None


def test_it_is_the_network_that_was_published(published: Bundle, genie: Genie) -> None:
    """The same in the plainest words: concatenate, multiply, gates i, j, f, o, forget bias 1."""
    weights = {name: tensor.astype(np.float64) for name, tensor in published.weights.items()}
    cells: list[NDArray[Any]] = [np.zeros(128)] * 2
    hiddens = list(cells)
    memory, last = genie.start(), None
    random = np.random.default_rng(5)
    for _ in range(40):
        button, wait = int(random.integers(8)), float(random.uniform(0, 1.5))
        x = np.zeros(123)
        x[0] = 2 * button / 7 - 1
        x[1 if last is None else 1 + last + 1] = 1
        x[90 + min(int(np.round(wait * 31.25)), 32)] = 1
        x = x @ weights["input.kernel"] + weights["input.bias"]
        for layer in range(2):
            gates = np.concatenate([x, hiddens[layer]]) @ weights[f"layers.{layer}.kernel"]
            i, j, f, o = np.split(gates + weights[f"layers.{layer}.bias"], 4)
            cells[layer] = cells[layer] / (1 + np.exp(-f - 1)) + np.tanh(j) / (1 + np.exp(-i))
            x = hiddens[layer] = np.tanh(cells[layer]) / (1 + np.exp(-o))
        logits = x @ weights["output.kernel"] + weights["output.bias"]
        expected = logits - np.log(np.exp(logits).sum())
        found, _ = genie.hear(memory, button, wait)
        np.testing.assert_allclose(found, expected, atol=2e-5)
        pitch, memory = genie.press(memory, button, wait, random.random())
        last = pitch - LOWEST_PITCH


def test_what_it_hears() -> None:
    first = features(None, 0, float("inf"))
    assert np.flatnonzero(first).tolist() == [0, 1, 122]
    assert first[0] == -1
    later = features(87, 7, 0)
    assert np.flatnonzero(later).tolist() == [0, 89, 90]
    assert later[0] == 1
    assert np.flatnonzero(features(0, 3, 0.032))[1:].tolist() == [2, 91]


@pytest.mark.parametrize(("button", "wait"), [(-1, 1.0), (8, 1.0), (0, -0.1), (0, float("nan"))])
def test_there_are_eight_buttons_and_time_goes_on(genie: Genie, button: int, wait: float) -> None:
    with pytest.raises(ValueError, match="buttons 0 to 7"):
        genie.hear(genie.start(), button, wait)


@pytest.mark.parametrize(("pitches", "temperature"), [([], 1.0), ([20, 109], 1.0), ([60], -1.0)])
def test_a_key_must_be_allowed(genie: Genie, pitches: list[int], temperature: float) -> None:
    with pytest.raises(ValueError, match="a key must be allowed"):
        genie.press(genie.start(), 0, 1.0, 0.5, temperature, pitches)


def test_its_golden_answer(published: Bundle) -> None:
    assert check(published) == 0
    assert published.card.golden is not None
    assert len(published.card.golden.answer) == KEYS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"output.kernel": np.zeros((128, 87), np.float32)}, r"output\.kernel has the shape \(128, 87\)"),
        ({"layers.1.bias": np.zeros(3, np.float32)}, r"layers\.1\.bias has the shape \(3,\)"),
        ({"input.bias": np.zeros((), np.float32)}, r"input\.kernel has the shape"),
        ({"layers.2.bias": np.zeros(3, np.float32)}, r"Piano Genie has no layers\.2\.bias"),
    ],
)
def test_weights_of_another_model_are_refused(published: Bundle, change: dict[str, NDArray[Any]], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Genie(Bundle(ModelCard("genie", "piano_genie"), {**published.weights, **change}))


def test_a_missing_weight_is_named(published: Bundle) -> None:
    weights = {name: tensor for name, tensor in published.weights.items() if name != "layers.0.kernel"}
    with pytest.raises(ModelError, match=r"layers\.0\.kernel is missing, so it is no Piano Genie"):
        Genie(Bundle(published.card, weights))
    with pytest.raises(ModelError, match="so it is no Piano Genie"):
        weights_from({})


def test_it_is_small_enough_for_any_box(published: Bundle, tmp_path: Path) -> None:
    from reverie.models.library.bundle import write_bundle

    path = tmp_path / "genie.safetensors"
    write_bundle(path, published)
    assert path.stat().st_size < 1_200_000
