"""Loops made by hand, and how well they do what their relations ask of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from fakes.recipes import recipe
from reverie.compose.guard import guard
from reverie.compose.heard_music import heard_bars
from reverie.compose.recipe import HeardLoop, Recipe
from reverie.compose.relation_scores import RelationScores
from reverie.compose.relations import Relation
from reverie.compose.selection import ranked
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre

STEP = 120


def loop(*tune: tuple[int, int], length: int = 1, bars: int = 1) -> Loop:
    """Notes by sixteenth and pitch."""
    return Loop(bars, Metre(), tuple(Note(step * STEP, length * STEP, pitch) for step, pitch in tune))


def at(*steps: int, pitch: int = 60) -> Loop:
    return loop(*((step, pitch) for step in steps))


def asked(relation: Relation, other: Loop, kind: str = "melody", start: int = 0, **fields: Any) -> Recipe:
    name = other.content_hash
    defaults = {"bars": 1, "heard": (HeardLoop("other", name, start, other.bars, 0),), "loops": {name: other}}
    return recipe(kind=kind, relations=(relation,), **(defaults | fields))


def score(relation: Relation, heard: Loop, own: Loop, kind: str = "melody", start: int = 0) -> float:
    [(weight, value)] = RelationScores(asked(relation, heard, kind, start))(own).values()
    assert weight == relation.weight
    return value


def in_order(values: Iterable[float]) -> bool:
    numbers = [*values]
    return all(0 <= one <= 1 for one in numbers) and numbers == sorted(set(numbers))


LOCK = Relation("lock", "other", drum=36)
KICKS = loop((0, 36), (6, 36), (8, 36), (4, 38), (2, 42), (12, 38))


def test_locked_is_what_begins_with_the_kick_and_with_no_other_drum() -> None:
    tunes = [at(4, 12), at(0, 2, 4, 12), at(0, 2, 8, 12), at(0, 8), at(0, 6, 8)]
    values = [score(LOCK, KICKS, tune) for tune in tunes]
    assert in_order(values)
    assert (values[0], values[-1]) == (0.0, 1.0)


def test_answered_is_where_the_other_has_nothing() -> None:
    call = at(0, 2, 4, 6)
    values = [score(Relation("answer", "other"), call, own) for own in (at(0, 2), at(1, 3), at(7, 12), at(10, 12))]
    assert in_order(values)
    assert (values[0], values[-1]) == (0.0, 1.0)


def test_imitated_are_rhythm_contour_and_pitches_of_bars_before_an_octave_higher() -> None:
    relation = Relation("imitate", "other", delay=1, interval=12)
    theme = loop((0, 60), (4, 64), (8, 62), (12, 67), length=2)
    theirs = [(0, 72), (4, 76), (8, 74), (12, 79)]
    same = loop(*theirs, length=2)
    other_pitch = loop((0, 72), (4, 77), (8, 73), (12, 78), length=2)
    upside_down = loop((0, 79), (4, 74), (8, 76), (12, 71), length=2)
    elsewhere = loop((2, 66), (6, 66), (10, 66), length=2)
    values = [score(relation, theme, one, start=-1) for one in (elsewhere, upside_down, other_pitch, same)]
    assert in_order(values)
    assert values[-1] == 1.0


def test_followed_is_the_way_of_each_step_whatever_the_pitches_are() -> None:
    relation = Relation("follow", "other")
    theme = loop((0, 60), (4, 64), (8, 62), (12, 67), length=2)
    other_way = loop((0, 50), (4, 48), (8, 52), (12, 40), length=2)
    one_way = loop((0, 50), (4, 80), (8, 81), (12, 70), length=2)
    same_ways = loop((0, 50), (4, 80), (8, 51), (12, 52), length=2)
    values = [score(relation, theme, one) for one in (other_way, one_way, same_ways)]
    assert values == [0.0, pytest.approx(1 / 3, abs=1e-3), 1.0]
    assert not RelationScores(asked(relation, at(3)))(same_ways), "one note goes no way"


def test_drums_imitate_drums_by_what_is_struck() -> None:
    relation = Relation("imitate", "other", delay=1)
    values = [score(relation, KICKS, one, "drums", -1) for one in (at(1), loop((0, 36), (4, 36)), KICKS)]
    assert in_order(values)
    assert values[-1] == 1.0


def test_avoided_is_the_register_in_which_the_other_sounds_at_the_time() -> None:
    relation = Relation("avoid", "other", of="register")
    held = loop((0, 60), length=8)
    values = [score(relation, held, own) for own in (loop((0, 62), length=4), loop((0, 62), (4, 69), length=4))]
    assert values == [0.0, 0.5]
    assert score(relation, held, loop((0, 72), length=4)) == 1.0
    assert not RelationScores(asked(relation, held))(loop((8, 60), length=4)), "they never sound together"


def test_avoided_are_onsets_or_busy_quarters() -> None:
    heard = at(0, 1, 2, 8)
    onsets, density = (Relation("avoid", "other", of=of) for of in ("onsets", "density"))
    assert [score(onsets, heard, own) for own in (at(0, 8), at(0, 3), at(3, 9))] == [0.0, 0.5, 1.0]
    assert in_order(score(density, heard, own) for own in (at(3), at(9), at(4, 12)))


def test_doubled_are_rhythm_and_pitch() -> None:
    relation = Relation("double", "other", interval=-12)
    heard = loop((0, 60), (4, 64), (8, 67))
    tunes = [at(2, 6), loop((0, 50), (4, 53)), loop((0, 48), (4, 52)), loop((0, 48), (4, 52), (8, 55))]
    values = [score(relation, heard, tune) for tune in tunes]
    assert in_order(values)
    assert values[-1] == 1.0


def test_filled_are_the_rests() -> None:
    melody = at(0, 2, 4, 6)
    relation = Relation("fill", "other")
    even = loop(*((step, 38) for step in range(0, 16, 2)))
    values = [score(relation, melody, own, "drums") for own in (at(0, 4, pitch=38), even, at(9, 13, pitch=38))]
    assert values == [0.0, 0.5, 1.0]


def test_nothing_is_asked_where_the_other_rests() -> None:
    silent = Loop(1, Metre(), ())
    for relation in (LOCK, Relation("answer", "other"), Relation("imitate", "other"), Relation("double", "other")):
        assert not RelationScores(asked(relation, silent))(at(0, 4))
        assert not RelationScores(asked(relation, KICKS, heard=()))(at(0, 4))
        assert not RelationScores(asked(relation, KICKS, loops={}))(at(0, 4)), "a loop that is not at hand"


def test_a_bar_is_compared_with_what_is_heard_in_each_of_its_turns() -> None:
    heard = [at(0), at(4)]
    loops = {one.content_hash: one for one in heard}
    turns = (HeardLoop("other", heard[0].content_hash, 0, 2, 0), HeardLoop("other", heard[1].content_hash, 2, 1, 0))
    request = asked(Relation("answer", "other"), heard[0], heard=turns, loops=loops, bars=2)
    pairs = heard_bars(request, request.relations[0])
    assert [(bar, sorted(other.struck)) for bar, other in pairs] == [(0, [0]), (1, [0]), (0, [4])]


@pytest.mark.parametrize(("weight", "kept"), [(0.0, 0), (1.0, 1)])
def test_a_relation_counts_beside_likelihood_and_fit_by_its_weight(weight: float, kept: int) -> None:
    request = asked(Relation("lock", "other", 36, weight=weight), KICKS, "bass")
    answers = [at(2, 10, pitch=40), at(0, 8, pitch=40)]
    found = ranked(
        request, [guard(request, one.notes) for one in answers], [-1.0, -1.2], [one.notes for one in answers]
    )
    number, parts = found[0]
    assert (number, parts["lock:other:36"]) == (kept, pytest.approx(float(kept), abs=0.2))
