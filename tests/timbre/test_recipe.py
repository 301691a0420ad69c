"""The recipe of a bank: equal where the sound is, another where it is not."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.timbre.recipe import BankRecipe, Ingredient, mixture
from reverie.timbre.sound import NoteRequest

FLUTE = Ingredient(0.25, sound="f" * 64, own_pitch=60.1)
CAT = Ingredient(0.75, sound="c" * 64)
RECIPE = BankRecipe("m" * 64, mixture((FLUTE, CAT)), (48, 54), (60, 110), 2.0, -20.0, 7)

INGREDIENTS = st.lists(
    st.builds(
        Ingredient,
        st.floats(0.01, 1.0),
        sound=st.sampled_from("abc"),
        latent=st.none() | st.integers(0, 3),
        own_pitch=st.none() | st.sampled_from([60.0, 61.5]),
    ),
    min_size=1,
    max_size=6,
)


def test_it_comes_back_from_json_the_same() -> None:
    again = BankRecipe.from_json(json.loads(json.dumps(RECIPE.as_json())))
    assert again == RECIPE
    assert again.id == RECIPE.id


def test_its_notes_are_every_pitch_at_every_velocity() -> None:
    assert RECIPE.notes == (
        NoteRequest(48, 60, 2.0),
        NoteRequest(48, 110, 2.0),
        NoteRequest(54, 60, 2.0),
        NoteRequest(54, 110, 2.0),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"model": "n" * 64},
        {"ingredients": mixture((FLUTE,))},
        {"ingredients": mixture((FLUTE, dataclasses.replace(CAT, own_pitch=50.0)))},
        {"pitches": (48,)},
        {"velocities": (60,)},
        {"seconds": 2.5},
        {"level": -21.0},
        {"seed": 8},
        {"spherical": True},
    ],
)
def test_whatever_is_another_sound_has_another_id(change: dict[str, Any]) -> None:
    assert dataclasses.replace(RECIPE, **change).id != RECIPE.id


def test_a_whole_number_of_seconds_is_the_same_length_as_its_fraction() -> None:
    assert dataclasses.replace(RECIPE, seconds=2).id == RECIPE.id


@given(INGREDIENTS, st.randoms(use_true_random=False), st.floats(0.1, 10))
def test_a_mixture_knows_neither_order_nor_scale(ingredients: list[Ingredient], random: Any, scale: float) -> None:
    shuffled = [dataclasses.replace(one, weight=one.weight * scale) for one in ingredients]
    random.shuffle(shuffled)
    one, other = mixture(ingredients), mixture(shuffled)
    assert [ingredient.key for ingredient in one] == [ingredient.key for ingredient in other]
    assert [ingredient.weight for ingredient in one] == pytest.approx(
        [ingredient.weight for ingredient in other], abs=2e-9
    )
    assert sum(ingredient.weight for ingredient in one) == pytest.approx(1.0, abs=1e-8)


def test_what_has_no_weight_is_no_matter() -> None:
    assert mixture((FLUTE, dataclasses.replace(CAT, weight=0.0))) == mixture((FLUTE,))
    assert mixture((FLUTE,))[0].weight == 1.0


def test_what_comes_twice_is_put_together() -> None:
    assert mixture((FLUTE, FLUTE, CAT)) == mixture((dataclasses.replace(FLUTE, weight=0.5), CAT))


@pytest.mark.parametrize("ingredients", [(), (dataclasses.replace(CAT, weight=0.0),), (Ingredient(-0.5), CAT)])
def test_a_mixture_of_nothing_or_of_less_is_none(ingredients: tuple[Ingredient, ...]) -> None:
    with pytest.raises(ValueError, match="weight"):
        mixture(ingredients)
