"""The recipe of a drum kit: of what each drum is mixed, at which pitch, and how it is rendered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.timbre import FakeRenderer, hertz, sine
from reverie.music.drums import DRUMS
from reverie.processes.codec import from_message, to_message
from reverie.processes.wire import decode, encode
from reverie.scenes.timbre import Timbre
from reverie.timbre.bank.unfinished import Unfinished
from reverie.timbre.executors.executor import Here
from reverie.timbre.kit import BALANCE, CHOKES, REGISTERS
from reverie.timbre.messages import Render, ToTimbre
from reverie.timbre.recipe import BankRecipe, Ingredient, KeySound, mixture
from reverie.timbre.render.notes_of_recipe import render_notes
from reverie.timbre.render.renderer import Code
from reverie.timbre.request import BankRequest, request_of
from reverie.timbre.sound import NoteRequest, Sound

KICK, SNARE, HAT = 36, 38, 42
DRY = {"kit": {"kick": {"file": "dry/kick.wav", "pitch": "A1"}, "snare": "dry/snare.wav", "hat": "dry/hat.wav"}}
CATS = {"kit": {"kick": {"file": "cat.wav", "at": "C1"}, "snare": {"file": "hiss.wav", "at": "G3"}}}
OWN = {"dry bass": 33.0, "cats bass": 69.123, "voice": 60.0}
"""Pitches of those sounds that have one."""


def request(step: int, steps: int = 5, **said: Any) -> BankRequest:
    said = {"sources": {"dry": DRY, "cats": CATS}, "path": {"kind": "line", "steps": steps}} | said
    return request_of(Timbre.model_validate(said), step, "a kit", [Path("scenes")])


def recipe(step: int, **said: Any) -> BankRecipe:
    asked = request(step, **said)
    sounds = {name: Ingredient(1.0, sound=name, own_pitch=OWN.get(name)) for name in asked.sources}
    return asked.recipe("m" * 64, sounds)


def drums(bank: BankRecipe) -> dict[int, KeySound]:
    return {drum.key: drum for drum in bank.drums}


def test_each_drum_is_mixed_of_its_own_sounds() -> None:
    kit = drums(recipe(1))
    assert list(kit) == [KICK, SNARE, HAT]
    assert {(one.sound, one.weight) for one in kit[KICK].ingredients} == {("dry bass", 0.75), ("cats bass", 0.25)}
    assert {(one.sound, one.weight) for one in kit[SNARE].ingredients} == {("dry snare", 0.75), ("cats snare", 0.25)}
    bank = recipe(1)
    assert (bank.ingredients, bank.pitches, bank.seconds) == ((), (), 1.5)


def test_a_drum_that_one_kit_lacks_is_made_of_the_others_all_the_way() -> None:
    for step in range(5):
        assert drums(recipe(step))[HAT].ingredients == (Ingredient(1.0, sound="dry closed-hat", untransposed=True),)


def test_formants_move_with_the_drums_of_a_kit_for_which_that_is_asked() -> None:
    kit = drums(recipe(2, sources={"dry": DRY, "cats": CATS | {"formants": "move"}}))
    moving = {one.sound for drum in kit.values() for one in drum.ingredients if one.formants_move}
    assert moving == {"cats bass", "cats snare"}


def test_a_drum_glides_from_its_own_pitch_to_the_one_that_is_wanted() -> None:
    assert [drums(recipe(step))[KICK].pitch for step in range(5)] == [33.0, 30.75, 28.5, 26.25, 24.0]


def test_a_sound_without_a_pitch_is_not_transposed_unless_that_is_wanted() -> None:
    snare = drums(recipe(2))[SNARE]
    assert snare.pitch == 55.0, "that of the cats alone"
    assert [(one.sound, one.untransposed, one.own_pitch) for one in snare.ingredients] == [
        ("cats snare", False, None),
        ("dry snare", True, None),
    ]
    assert drums(recipe(0))[SNARE].pitch is None


def test_a_sound_that_is_no_kit_stands_for_every_drum_in_its_register() -> None:
    kit = drums(recipe(4, sources={"dry": DRY, "voice": "voice.wav"}))
    assert {key: drum.pitch for key, drum in kit.items()} == {key: REGISTERS[key] for key in (KICK, SNARE, HAT)}
    assert {drum.ingredients for drum in kit.values()} == {(Ingredient(1.0, sound="voice", own_pitch=60.0),)}
    star = drums(recipe(4, sources={"dry": DRY, "star": {"latent": 7}}))
    assert star[KICK].ingredients == (Ingredient(1.0, latent=7),)


def test_registers_rise_from_the_bass_drum_to_the_hats_and_all_drums_have_one() -> None:
    assert set(REGISTERS) == set(DRUMS.values())
    order = ["bass", "low-tom", "mid-tom", "high-tom", "snare", "crash", "closed-hat", "ride"]
    assert [REGISTERS[DRUMS[name]] for name in order] == sorted(REGISTERS[DRUMS[name]] for name in order)
    assert {*BALANCE, *CHOKES} <= set(DRUMS.values())


def test_its_notes_have_keys_of_their_own_and_pitches_that_may_be_none() -> None:
    assert recipe(0, velocities=[60, 110], variations=2, length=0.5).notes[:8] == (
        *(NoteRequest(33.0, velocity, 0.5, which, KICK) for velocity in (60, 110) for which in (0, 1)),
        *(NoteRequest(None, velocity, 0.5, which, SNARE) for velocity in (60, 110) for which in (0, 1)),
    )


def test_it_comes_back_from_json_the_same_and_whatever_differs_has_another_id() -> None:
    bank = recipe(1)
    again = BankRecipe.from_json(json.loads(json.dumps(bank.as_json())))
    assert again == bank
    others = [recipe(2), recipe(1, variations=2), recipe(1, sources={"dry": DRY, "cats": {"kit": {"kick": "cat.wav"}}})]
    assert len({bank.id, *(other.id for other in others)}) == 4


def test_a_bank_that_is_no_kit_and_has_one_take_says_neither() -> None:
    bank = BankRecipe("m" * 64, mixture([Ingredient(1.0, sound="a")]), (48, 60), (100,), 2.0, -20.0, 1)
    assert not {"variations", "drums"} & set(bank.as_json())
    assert "untransposed" not in bank.as_json()["ingredients"][0]


def test_a_request_for_a_kit_passes_the_wire() -> None:
    asked = Render(request(2, variations=3), "model", "cache", 1)
    assert from_message(ToTimbre, decode(encode(to_message(asked))[:-1])) == asked


class Listening(FakeRenderer):
    """Remembers at which pitches sounds were encoded."""

    def __init__(self) -> None:
        super().__init__("m" * 64)
        self.asked: list[tuple[float | None, float | None, bool]] = []

    def code(
        self, sound: Sound, pitch: float | None, *, own_pitch: float | None = None, transposed: bool = True
    ) -> Code:
        self.asked.append((pitch, own_pitch, transposed))
        return super().code(sound, pitch, own_pitch=own_pitch)


def _rendered(bank: BankRecipe, folder: Path) -> tuple[Sequence[Sound], Listening]:
    renderer = Listening()
    sounds = {one.sound: sine(60.0) for drum in bank.keys for one in drum.ingredients}
    notes = render_notes(bank, sounds.__getitem__, renderer, Here(), Unfinished(folder), lambda _: None)
    return notes, renderer


def test_the_model_is_asked_for_each_drum_at_its_pitch_or_as_it_is(tmp_path: Path) -> None:
    notes, renderer = _rendered(recipe(2), tmp_path)
    assert len(notes) == 3
    kicks, snares, hat = renderer.asked[:2], renderer.asked[2:4], renderer.asked[4:]
    assert set(kicks) == {(28.5, 33.0, True), (28.5, 69.12, True)}
    assert set(snares) == {(55.0, None, True), (55.0, None, False)}, "one transposed, the other as it is"
    assert hat == [(None, None, False)]
    spectrum = np.abs(np.fft.rfft(notes[0].samples, 1 << 18))
    harmonic = spectrum.argmax() * notes[0].rate / (1 << 18) / hertz(28.5)
    assert harmonic == pytest.approx(round(harmonic), abs=0.05)


def test_drums_of_one_path_are_rendered_the_same_again(tmp_path: Path) -> None:
    first, _ = _rendered(recipe(2), tmp_path / "a")
    again, _ = _rendered(recipe(2), tmp_path / "b")
    assert [sound.samples.tobytes() for sound in first] == [sound.samples.tobytes() for sound in again]
