"""How far models know their place in the bar: what is said of their counters is what their encodings do."""

from __future__ import annotations

from typing import Any

import pytest

from reverie.models.configs import CONFIGS
from reverie.models.counting import StepCounting, counting_of, unit_of
from reverie.models.encodings.base import Conditional
from reverie.models.encodings.encodings import encoding_of
from reverie.models.encodings.melody_notes import NO_EVENT, NOTE_OFF, ending
from reverie.models.errors import ModelError
from reverie.models.library.card import ModelCard

ON_SIXTEENTHS = [one for one in CONFIGS.values() if one.family in {"drums_rnn", "melody_rnn", "improv_rnn"}]
LONG = 300


@pytest.mark.parametrize("name", [config.name for config in ON_SIXTEENTHS])
def test_the_counter_of_a_configuration_is_that_of_its_encoding(name: str) -> None:
    encoding: Any = encoding_of(name)
    if isinstance(encoding, Conditional):
        encoding = encoding.target
    state, inputs = encoding.start(), list[Any]()
    for _ in range(LONG):
        state = encoding.push(state, encoding.default_event)
        inputs.append(encoding.input(state))
    settled = inputs[64:]  # by then lookbacks see the same at every step
    period = next(number for number in range(1, LONG) if settled[number:] == settled[:-number])
    assert CONFIGS[name].counter == (period if period > 1 else 0)


@pytest.mark.parametrize(
    ("config", "window", "bar", "span"),
    [
        ("drum_kit", 128, 16, 0),
        ("drum_kit", 128, 8, 0),
        ("drum_kit", 128, 64, 0),
        ("drum_kit", 128, 14, 56),
        ("drum_kit", 128, 12, 60),
        ("drum_kit", 128, 20, 60),
        ("drum_kit", 128, 36, 108),
        ("drum_kit", 48, 14, 42),
        ("drum_kit", None, 14, 56),
        ("drum_kit", None, 36, 0),
        ("attention_rnn", 128, 14, 126),
        ("attention_rnn", None, 12, 120),
        ("lookback_rnn", 128, 14, 28),
        ("lookback_rnn", 128, 20, 120),
        ("lookback_rnn", 128, 64, 0),
        ("basic_rnn", 128, 14, 0),
        ("one_drum", 128, 14, 0),
    ],
)
def test_a_span_is_as_many_bars_as_counter_and_examples_have(
    config: str, window: int | None, bar: int, span: int
) -> None:
    training = {} if window is None else {"example_steps": window}
    assert counting_of(ModelCard("m", config, training=training)).span(bar) == span


def test_a_span_is_in_sixteenths_whatever_the_steps_of_a_model() -> None:
    eighths = ModelCard("m", "drum_kit", settings={"steps_per_quarter": 2}, training={"example_steps": 128})
    assert counting_of(eighths) == StepCounting(128, 256, 2)
    assert counting_of(eighths).span(12) == 120
    assert counting_of(eighths).span(15) == 0


@pytest.mark.parametrize("told", [0, 3, 8, 2.5, "2"])
def test_steps_that_do_not_fall_on_sixteenths_are_refused_and_not_counted(told: Any) -> None:
    card = ModelCard("m", "drum_kit", settings={"steps_per_quarter": told}, training={"example_steps": 128})
    with pytest.raises(ModelError, match=f"has {told} steps in a quarter"):
        unit_of(card)
    assert counting_of(card) == StepCounting()
    assert [unit_of(ModelCard("m", config)) for config in ("drum_kit", "one_drum")] == [1, 2]


@pytest.mark.parametrize("told", ["128", 12.5, -1, None, []])
def test_what_a_card_says_otherwise_of_its_examples_is_not_known(told: object) -> None:
    assert counting_of(ModelCard("m", "drum_kit", training={"example_steps": told})).window == 0


def test_the_end_of_a_tune_begins_with_what_is_held_into_it() -> None:
    tune = (60, NO_EVENT, NO_EVENT, NO_EVENT, NOTE_OFF, NO_EVENT, 62, NO_EVENT)
    assert ending(tune, 8) == tune
    assert ending(tune, 6) == (60, NO_EVENT, NOTE_OFF, NO_EVENT, 62, NO_EVENT)
    assert ending(tune, 4) == (NO_EVENT, NO_EVENT, 62, NO_EVENT)
    assert ending(tune, 3) == (NO_EVENT, 62, NO_EVENT)
    assert ending(tune, 2) == (62, NO_EVENT)
    assert ending(tune, 1) == (62,)
    assert ending((NO_EVENT, NO_EVENT), 1) == (NO_EVENT,)
