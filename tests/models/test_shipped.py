"""The models in the package, and what their model cards say of them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import reverie
from reverie.models.golden import check
from reverie.models.library.bundle import read_bundle
from reverie.models.library.card import read_card
from reverie.models.library.index import find_models

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
NAMES = ("attention_rnn", "drum_kit")


def test_both_models_are_shipped_and_usable() -> None:
    found, faults = find_models([SHIPPED])
    assert sorted(found) == sorted(NAMES)
    assert not faults


@pytest.mark.parametrize("name", NAMES)
def test_the_model_answers_as_when_it_was_compiled(name: str) -> None:
    assert check(read_bundle(SHIPPED / f"{name}.safetensors")) < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_the_model_knows_more_than_how_often_an_event_occurs(name: str) -> None:
    card = read_card(SHIPPED / f"{name}.safetensors")
    held_out, unigram = card.training["heldout"], card.training["unigram"]
    assert held_out["loss"] < unigram["loss"]
    assert held_out["perplexity"] == pytest.approx(math.exp(held_out["loss"]), rel=1e-3)
    assert card.source["licence"]


def test_they_are_small() -> None:
    assert sum((SHIPPED / f"{name}.safetensors").stat().st_size for name in NAMES) < 8_000_000
