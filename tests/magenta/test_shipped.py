"""The models in the package, and what their passports say of them."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import pytest

import reverie
from reverie.models.shelf import find_models

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
NAMES = ("attention_rnn", "drum_kit")

pytestmark = pytest.mark.magenta


def test_both_models_are_shipped_and_usable() -> None:
    found, faults = find_models([SHIPPED])
    assert sorted(found) == sorted(NAMES)
    assert not faults


@pytest.mark.parametrize("name", NAMES)
def test_the_passport_describes_the_file(name: str) -> None:
    passport = json.loads((SHIPPED / f"{name}.json").read_text(encoding="utf-8"))
    assert passport["sha256"] == hashlib.sha256((SHIPPED / f"{name}.mag").read_bytes()).hexdigest()
    assert passport["data"]["licence"]


@pytest.mark.parametrize("name", NAMES)
def test_the_model_knows_more_than_how_often_an_event_occurs(name: str) -> None:
    passport = json.loads((SHIPPED / f"{name}.json").read_text(encoding="utf-8"))
    assert passport["heldout"]["loss"] < passport["unigram"]["loss"]
    assert passport["heldout"]["perplexity"] == pytest.approx(math.exp(passport["heldout"]["loss"]), rel=1e-3)


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.glob("*.mag")) < 8_000_000
