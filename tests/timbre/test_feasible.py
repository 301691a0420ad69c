"""What of a timbre its model cannot do is told in a sentence, and not rendered in vain."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fakes.timbre import FakeRenderer
from reverie.models.library.card import read_card
from reverie.models.library.index import identity
from reverie.places import models_folder
from reverie.scenes.timbre import Timbre
from reverie.timbre import bank_maker
from reverie.timbre.bank_maker import BankMaker
from reverie.timbre.feasible import beyond_abilities, within
from reverie.timbre.render.abilities import Abilities
from reverie.timbre.request import BankRequest, request_of

ALL = Abilities(velocities=True, variations=True, unpitched=True)


def request(**said: object) -> BankRequest:
    whole = {"sources": {"a": {"latent": 1}, "b": {"latent": 2}}, "pitches": ["C4"], "length": 0.3} | said
    if "pitches" in said and said["pitches"] is None:
        del whole["pitches"]
    return request_of(Timbre.model_validate(whole), 0, "a bank", [])


RICH = request(velocities=[50, 100], variations=3)


def test_a_model_that_can_do_all_does_all() -> None:
    assert within(RICH, ALL) == RICH
    assert not [*beyond_abilities(RICH, ALL, "mine")]


@pytest.mark.parametrize(
    ("lacks", "word"),
    [(Abilities(variations=True), "one velocity is enough"), (Abilities(velocities=True), "the same each time")],
)
def test_each_thing_that_it_cannot_do_is_one_sentence(lacks: Abilities, word: str) -> None:
    [(key, sentence)] = beyond_abilities(RICH, lacks, "mine")
    assert sentence.startswith("the timbre model mine ")
    assert key == ("variations" if lacks.velocities else "velocities")
    assert word in sentence


def test_a_kit_of_a_model_whose_notes_all_have_a_pitch_is_told() -> None:
    kit = request(sources={"a": {"kit": {"kick": "kick.wav"}}, "b": {"latent": 2}}, pitches=None)
    [(_, sentence)] = beyond_abilities(kit, Abilities(), "mine")
    assert "drums without one sound like notes" in sentence
    assert not [*beyond_abilities(kit, Abilities(unpitched=True), "mine")]


def test_of_a_plain_timbre_nothing_is_said() -> None:
    assert not [*beyond_abilities(request(), Abilities(), "mine")]


def test_variations_that_would_be_the_same_are_not_rendered_and_velocities_keep_their_bank() -> None:
    poor = within(RICH, Abilities())
    assert (poor.variations, poor.velocities) == (1, (50, 100))
    assert poor.recipe("m", {}).id == request(velocities=[50, 100]).recipe("m", {}).id


@pytest.mark.parametrize(("able", "files"), [(ALL, 6), (Abilities(), 2)])
def test_the_bank_has_what_its_model_can_do(
    able: Abilities, files: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = models_folder() / "timbre.safetensors"
    monkeypatch.setattr(bank_maker, "abilities_of", lambda _: able)
    maker = BankMaker(path, tmp_path, 1 << 40, open_model=lambda _: FakeRenderer(identity(read_card(path))))
    for found in (False, True):
        made = maker.make(RICH)
        assert made.found == found
        assert len(made.bank.samples) == files
        assert len(made.warnings) == (0 if able == ALL or found else 2), "each is said once"
        assert all(said.startswith("The timbre model ") and said.endswith(".") for said in made.warnings)
    card = json.loads((made.bank.folder / "bank.json").read_text())
    assert {zone["variations"] for zone in card["zones"]} == {files // 2}


@pytest.mark.parametrize(
    ("noise", "told"),
    [
        ({"kit": {"snare": "noise.wav"}}, 0),
        ({"kit": {"snare": {"file": "noise.wav", "at": "G3"}}}, 1),
        ("noise.wav", 1),
    ],
)
def test_of_a_sound_without_a_pitch_people_are_told_where_it_is_transposed(
    noise: object, told: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, 8000).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", samples, 16_000)
    said = {"sources": {"a": noise, "b": {"kit": {"snare": "noise.wav"}}}, "length": 0.3}
    monkeypatch.setattr(bank_maker, "abilities_of", lambda _: ALL)
    path = models_folder() / "timbre.safetensors"
    maker = BankMaker(path, tmp_path, 1 << 40, open_model=lambda _: FakeRenderer(identity(read_card(path))))
    asked = request_of(Timbre.model_validate(said), 0, "a bank", [tmp_path])
    assert [warning.endswith("say so by 'pitch'.") for warning in maker.make(asked).warnings] == [True] * told
