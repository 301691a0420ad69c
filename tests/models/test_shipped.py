"""The models in the package: whole, described, attributed, and small enough together."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import reverie
from reverie.models.configs import Family, config_of
from reverie.models.golden import check
from reverie.models.library.bundle import read_bundle
from reverie.models.library.card import ModelCard, read_card
from reverie.models.library.index import find_models, read_model_file

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
NOTICE = Path(__file__).parents[2] / "NOTICE"
NAMES = tuple(sorted(path.stem for path in SHIPPED.glob("*.safetensors")))
LEARNED = tuple(name for name in NAMES if name != "signals")
MEGABYTES = 30

FACTS = frozenset(
    {
        "description",
        "data.name",
        "data.licence",
        "data.source",
        "data.split",
        "data.examples",
        "command",
        "seconds",
        "machine",
        "hparams",
        "steps",
        "heldout.loss",
        "versions",
        "created",
    }
)
"""What the card of a model that was trained by ``reverie train`` says."""
_FACTS_OF_TIMBRE = frozenset(
    {"description", "data.name", "data.licence", "data.source", "data.split", "plan", "steps", "versions", "created"}
)
"""What the card of a GANSynth says, whose trainer is another."""

_BETTER: Mapping[Family, float] = {
    "drums_rnn": 0.15,
    "melody_rnn": 0.15,
    "improv_rnn": 0.15,
    "polyphony_rnn": 0.0,
    "performance_rnn": 0.0,
    "piano_genie": 0.5,
}
"""By how much the perplexity of recurrent models is to be lower than a Markov model's, which is told no buttons."""


def card_of(name: str) -> ModelCard:
    return read_card(SHIPPED / f"{name}.safetensors")


def facts(told: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted names of all facts that say something."""
    for name, value in told.items():
        if isinstance(value, dict):
            yield from facts(value, f"{prefix}{name}.")  # pyright: ignore[reportUnknownArgumentType]
        if value not in (None, "", {}, []):
            yield f"{prefix}{name}"


def test_models_are_shipped() -> None:
    assert set(NAMES) == {
        "attention_rnn",
        "bass_line",
        "chord_pitches_improv",
        "coconet",
        "drum_kit",
        "drums_2bar",
        "humanize",
        "melody_2bar",
        "performance_with_dynamics",
        "piano_genie",
        "polyphony",
        "signals",
        "tap2drum",
        "timbre",
    }


def test_all_that_voices_can_name_are_found() -> None:
    found, faults = find_models([SHIPPED])
    assert not faults
    configs = {name: config_of(card_of(name).config) for name in NAMES}
    assert sorted(found) == [name for name, config in configs.items() if config.kinds or config.operators]


@pytest.mark.parametrize("name", NAMES)
def test_the_model_answers_as_when_it_was_compiled(name: str) -> None:
    assert check(read_bundle(SHIPPED / f"{name}.safetensors")) < 1e-4
    assert read_model_file(SHIPPED / f"{name}.safetensors").name == card_of(name).name == name


@pytest.mark.parametrize("name", LEARNED)
def test_the_card_is_complete(name: str) -> None:
    card = card_of(name)
    family = config_of(card.config).family
    asked = _FACTS_OF_TIMBRE if family == "gansynth" else FACTS
    asked |= {"unigram.loss", "markov.loss"} if family in _BETTER else set()
    assert not asked - set(facts(card.training))
    paths = re.findall(r"/(?:root|home|tmp|work)\b", str((card.training, card.source)))
    assert not paths, "a card has no paths of the machine that it was made on"
    assert card.training["data"]["licence"] in card.source["licence"]


@pytest.mark.parametrize("name", [name for name in NAMES if config_of(card_of(name).config).family in _BETTER])
def test_the_model_knows_more_than_counting_teaches(name: str) -> None:
    card = card_of(name)
    held_out = card.training["heldout"]
    assert held_out["perplexity"] == pytest.approx(math.exp(held_out["loss"]), rel=1e-3)
    assert held_out["loss"] < card.training["unigram"]["loss"]
    better = 1 - math.exp(held_out["loss"] - card.training["markov"]["loss"])
    assert better > _BETTER[config_of(card.config).family]


@pytest.mark.parametrize("name", LEARNED)
def test_the_notice_names_the_data_behind_it(name: str) -> None:
    section = attributions().get(name, "")
    parts = card_of(name).training["data"]["name"].split(",")[0].split(" and ")
    assert not [part for part in parts if part not in section]


def attributions() -> dict[str, str]:
    """The sections of the notice: a name at the margin, and what is indented below it; names may share a section."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in NOTICE.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            for name in names:
                found[name] += f" {line.strip()}"
        elif line:
            names = line.split(", ")
            found |= dict.fromkeys(names, "")
    return found


def test_they_are_small_together() -> None:
    size = sum(path.stat().st_size for path in SHIPPED.iterdir())
    assert size < MEGABYTES * 1_000_000
