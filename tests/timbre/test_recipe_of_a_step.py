"""The bank that a step of a scene's timbre needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reverie.processes.codec import from_message, to_message
from reverie.processes.wire import decode, encode
from reverie.scenes.timbre import Timbre
from reverie.timbre.messages import Render, ToTimbre
from reverie.timbre.recipe import BankRecipe, Ingredient
from reverie.timbre.request import BankRequest, Share, request_of

SOUNDS = {"flute": Ingredient(1.0, sound="f" * 64, own_pitch=60.12345), "cat": Ingredient(1.0, sound="c" * 64)}


def recipe(step: int, sounds: dict[str, Ingredient] | None = None, **said: Any) -> BankRecipe:
    timbre = Timbre.model_validate(
        {
            "sources": {"flute": "flute.wav", "cat": "cat.wav"},
            "path": {"kind": "there_and_back", "steps": 5},
            **said,
        }
    )
    return request_of(timbre, step, "a bank", [Path("scenes")]).recipe("m" * 64, SOUNDS if sounds is None else sounds)


def test_it_is_what_the_scene_says() -> None:
    bank = recipe(1, pitches=["C3", "G3"], velocities=[60, 110], length=1.5, level=-18.0, seed=5)
    assert bank.ingredients == (
        Ingredient(0.25, sound="c" * 64),
        Ingredient(0.75, sound="f" * 64, own_pitch=60.12),
    )
    assert (bank.model, bank.pitches, bank.velocities) == ("m" * 64, (48, 55), (60, 110))
    assert (bank.seconds, bank.level, bank.seed, bank.spherical) == (1.5, -18.0, 5, False)


def test_a_path_that_comes_by_again_needs_no_other_bank() -> None:
    ids = [recipe(step).id for step in range(17)]
    assert len(set(ids)) == 5
    assert ids[:8] == ids[8:16]
    assert ids[1] == ids[7]


def test_a_source_has_no_part_in_it_by_its_name() -> None:
    renamed = recipe(
        2, {"a": SOUNDS["flute"], "b": SOUNDS["cat"]}, sources={"a": "other/place.flac", "b": "another.mp3"}
    )
    assert renamed.id == recipe(2).id


def test_latents_are_ingredients_by_their_seeds() -> None:
    bank = recipe(2, {}, sources={"a": {"latent": 3}, "b": {"latent": 4}})
    assert bank.ingredients == (Ingredient(0.5, latent=3), Ingredient(0.5, latent=4))


def test_a_sound_that_is_not_mixed_in_need_not_be_there() -> None:
    flute = {"flute": SOUNDS["flute"]}
    assert recipe(0, flute).ingredients == (Ingredient(1.0, sound="f" * 64, own_pitch=60.12),)
    with pytest.raises(KeyError):
        recipe(1, flute)


@pytest.mark.parametrize(
    ("pitch", "bank"),
    [
        (60, "2c18d6a2e68038513d2122933dcf515c897f50964f39c4fbeb6c4068cf25e266"),
        (60.5, "f638f288f069655554935cf12c500e5bf14aeb8095b70499b2c816da5d7c0516"),
    ],
)
def test_the_worker_finds_the_bank_that_version_0_1_0_made_where_a_scene_says_the_pitch(
    pitch: float, bank: str
) -> None:
    shares = (Share("cat", 0.5, "cat.wav", pitch), Share("star", 0.5, latent=7))
    asked = Render(BankRequest("t", shares, (48, 60), (100,), 1.5, -20.0, 1), "model", "cache", 1)
    heard = from_message(ToTimbre, decode(encode(to_message(asked))[:-1])).request
    sounds = {"cat": Ingredient(1.0, sound="c0ffee", own_pitch=heard.shares[0].pitch)}
    assert heard.recipe("model", sounds).id == bank
