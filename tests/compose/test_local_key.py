"""A model that knows C major only follows the harmony into other keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import reverie
from fakes import recipes
from fakes.chords import C_CHORD, D_MINOR, G_SEVENTH, Progression, bars, chord, higher
from fakes.engine import DiceEngine
from reverie.compose.composer import compose
from reverie.compose.conditioning import InputRange, hear
from reverie.compose.engines.recurrent import RecurrentEngine
from reverie.compose.evolution import Evolution
from reverie.compose.local_key import fifths_apart, local_major
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.state_cache import Memories
from reverie.models.library.index import read_model_file
from reverie.music.harmony import BarHarmony
from reverie.music.notes import Note

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
EAR = InputRange(low=48, high=83, transposes=True)
TUNE = (Note(0, 480, 62), Note(480, 480, 65), Note(960, 960, 69))
D_DORIAN = LoopLimits(low=50, high=84, tonic=2, scale="dorian")


def test_a_key_is_that_of_the_scales_unless_the_scene_s_own_is_nearly_as_good() -> None:
    home = bars(D_MINOR, G_SEVENTH, C_CHORD)
    assert local_major(home, 0) == 0
    assert [local_major(higher(home, way), 0) for way in (7, 5, 2, 9)] == [7, 5, 2, 9]
    borrowed = (BarHarmony((chord((9, 1, 4, 7), scale=(9, 10, 1, 2, 4, 5, 7)),)),)
    assert local_major((*home, *borrowed), 0) == 0
    assert local_major((), 3) == 3
    assert [fifths_apart(one, 0) for one in (0, 7, 5, 2, 6)] == [0, 1, 1, 2, 6]


def test_the_answer_is_in_the_key_of_the_harmony_and_the_primer_in_the_scene_s() -> None:
    asked = recipes.recipe(primer=TUNE, primer_steps=16, limits=D_DORIAN)
    harmony = bars(D_MINOR, G_SEVENTH, C_CHORD)
    home, away = (hear(replace(asked, harmony=one), EAR) for one in (harmony, higher(harmony, 9)))
    assert home.notes == away.notes == hear(asked, EAR).notes
    assert home.played(Note(16, 4, 60)) == Note(0, 480, 60)
    assert away.played(Note(16, 4, 60)) == Note(0, 480, 57)


def test_what_is_kept_of_a_loop_is_heard_in_the_key_to_which_it_was_moved() -> None:
    away = Progression(higher(bars(D_MINOR, G_SEVENTH), 7))
    plan = recipes.plan(
        harmony=away, strictness=0.8, limits=D_DORIAN, primer=TUNE, primer_steps=16, then=("mutate", "continue")
    )
    line = Evolution(plan)
    made: list[Recipe] = []
    for _ in range(3):
        answer = compose(DiceEngine(), line.next_recipe(), Memories())
        assert answer.loop
        line.take(answer.recipe, answer.loop)
        made.append(answer.recipe)
    assert [one.operator for one in made] == ["reset", "mutate", "continue"]
    assert [one.primer_key for one in made] == [None, 7, 7]
    assert made[1].memory_after == made[2].memory
    heard = hear(made[1], EAR)
    assert heard.moved == 0
    assert {(note.pitch - heard.shift) % 12 for note in heard.notes} == {note.pitch % 12 for note in made[1].primer}
    assert Recipe.from_json(made[1].as_json()) == made[1]


@pytest.mark.parametrize("way", [7, 9])
def test_far_keys_are_as_likely_to_the_model_as_the_scene_s_own(way: int) -> None:
    file = read_model_file(SHIPPED / "attention_rnn.safetensors")
    engine = RecurrentEngine()
    engine.load(file)
    harmony = bars(D_MINOR, G_SEVENTH, C_CHORD, D_MINOR, G_SEVENTH)
    asked = recipes.recipe(
        model=file.name,
        model_hash=file.sha256,
        primer=TUNE,
        primer_steps=16,
        bars=4,
        candidates=8,
        limits=D_DORIAN,
        harmony=harmony,
        strictness=0.8,
    )

    def likely(recipe: Recipe) -> float:
        answers = [one for seed in range(4) for one in engine.generate(replace(recipe, seed=seed))]
        return float(np.mean([one.log_likelihood for one in answers if one.log_likelihood is not None]))

    assert likely(replace(asked, harmony=higher(harmony, way))) > likely(asked) - 0.1
