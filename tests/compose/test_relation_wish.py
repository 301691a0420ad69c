"""What relations wish for while a model draws."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.recipes import recipe
from reverie.compose.recipe import HeardLoop, LoopLimits
from reverie.compose.relation_wish import relation_wish
from reverie.compose.relations import Relation
from reverie.compose.wishes import Weights
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre

HEARD = Loop(1, Metre(), (Note(0, 480, 60), Note(960, 240, 64)))


def wished(relation: Relation, kind: str = "melody", start: int = 0, **fields: object) -> Weights:
    name = HEARD.content_hash
    heard = (HeardLoop("other", name, start, 1, 0),)
    limits = LoopLimits(low=60, high=84)
    asked = {"bars": 1, "heard": heard, "loops": {name: HEARD}, "limits": limits} | fields
    weights = relation_wish(recipe(kind=kind, relations=(relation,), **asked))
    assert weights is not None
    return weights


@pytest.mark.parametrize(
    ("relation", "more", "less"),
    [
        (Relation("lock", "other"), 0, 4),
        (Relation("answer", "other"), 4, 0),
        (Relation("avoid", "other", of="onsets"), 4, 0),
        (Relation("avoid", "other", of="density"), 4, 1),
        (Relation("double", "other"), 8, 4),
        (Relation("imitate", "other"), 8, 4),
    ],
)
def test_notes_are_wished_for_where_the_relation_has_them(relation: Relation, more: int, less: int) -> None:
    begins = wished(relation).begins
    assert begins[more, 60] > begins[less, 60]


def test_drums_are_wished_for_where_the_other_rests() -> None:
    begins = wished(Relation("fill", "other"), "drums").begins
    assert begins[4, 38] > 0 > begins[0, 38]


def test_pitches_are_wished_for_near_those_that_are_meant_in_the_voice_s_register() -> None:
    meant = {
        72: Relation("double", "other", interval=12),
        60: Relation("double", "other", interval=-24),
        67: Relation("imitate", "other", interval=7),
    }
    for pitch, relation in meant.items():
        assert int(np.argmax(wished(relation).pitches[0])) == pitch


def test_pitches_near_what_sounds_are_avoided_for_as_long_as_it_sounds() -> None:
    pitches = wished(Relation("avoid", "other", of="register")).pitches
    assert pitches[3, 63] < pitches[3, 64] == 0
    assert pitches[4, 60] == 0


def test_what_is_imitated_is_wished_for_bars_later() -> None:
    weights = wished(Relation("imitate", "other", delay=1), start=-1)
    assert weights.begins[8, 60] > weights.begins[9, 60]


def test_the_weight_of_a_relation_is_that_of_its_wish_and_none_wishes_for_nothing() -> None:
    once, twice = (wished(Relation("lock", "other", weight=weight)).begins for weight in (1.0, 2.0))
    assert np.allclose(2 * once, twice)
    assert relation_wish(recipe(relations=(Relation("lock", "other", weight=0.0),))) is None
    assert relation_wish(recipe(relations=(Relation("lock", "other"),))) is None, "nothing is heard"


def test_what_is_heard_in_half_of_the_turns_is_wished_half() -> None:
    name, silent = HEARD.content_hash, Loop(1, Metre(), ())
    heard = (HeardLoop("other", name, 0, 1, 0), HeardLoop("other", silent.content_hash, 1, 1, 0))
    both = wished(Relation("lock", "other"), heard=heard, loops={name: HEARD, silent.content_hash: silent})
    assert np.allclose(2 * both.begins, wished(Relation("lock", "other")).begins)
