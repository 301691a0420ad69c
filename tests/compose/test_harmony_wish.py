"""The rules of harmony, as log-weights: what is welcome where."""

from __future__ import annotations

from typing import Any

import numpy as np

from fakes import recipes
from fakes.chords import C_CHORD, D_MINOR, G_SEVENTH, bars
from reverie.compose.harmony_wish import Motion, harmony_wish, motion_of
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.wishes import Weights

C, D, E, F, F_SHARP, G, A, B = 60, 62, 64, 65, 66, 67, 69, 71


def asked(**changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "bars": 2,
        "harmony": bars(C_CHORD, G_SEVENTH, D_MINOR),
        "strictness": 0.8,
        "limits": LoopLimits(low=48, high=79),
    }
    return recipes.recipe(**(fields | changes))


def wish(**changes: Any) -> Weights:
    found = harmony_wish(asked(**changes))
    assert found is not None
    return found


def motion(**changes: Any) -> Motion:
    found = motion_of(asked(**changes))
    assert found is not None
    return found


def test_half_the_strictness_leans_and_all_of_it_excludes() -> None:
    soft, hard = (wish(strictness=strictness).pitches[0] for strictness in (0.5, 1.0))
    assert soft[D] == -1.5
    assert soft[C] == soft[E] == soft[G] == 0
    assert hard[D] == -np.inf
    assert hard[C] == hard[E] == hard[G] == 0


def test_what_is_no_chord_tone_weighs_less_on_weak_places_but_is_never_off_the_scale() -> None:
    found = wish(strictness=1.0).pitches
    at_bar, at_beat, between = found[0], found[4], found[5]
    assert at_bar[A] < at_beat[A] < between[A] < 0
    assert between[F_SHARP] == -np.inf


def test_an_avoid_note_is_less_welcome_than_another_in_passing_and_less_to_be_held() -> None:
    found = wish()
    assert found.pitches[5][F] < found.pitches[5][A]
    assert found.holds[6][F] < found.holds[6][A] < found.holds[6][C]


def test_what_clashes_with_the_next_chord_is_not_held_into_it() -> None:
    found = wish(strictness=1.0)
    assert found.holds[16][C] == -np.inf
    assert found.holds[16][G] == 0


def test_a_pitch_out_of_the_register_is_unlikely_everywhere() -> None:
    found = wish().pitches
    assert (found[:, C + 24] < found[:, C] - 5).all()
    assert np.isfinite(found[:, C + 24]).all()


def test_a_bass_has_its_root_at_a_change_and_walks_to_the_next() -> None:
    bass = {"kind": "bass", "limits": LoopLimits(low=36, high=60)}
    found, melody = wish(**bass), wish(limits=LoopLimits(low=36, high=60))
    root, third, fifth = 48, 52, 55
    assert found.pitches[0][root] > found.pitches[0][fifth] > found.pitches[0][third]
    assert wish(**bass, strictness=1.0).pitches[0][third] == -np.inf
    assert found.rests[0] < 0 == found.rests[4]
    below_the_next, away_from_it = 53, 47  # F leads to G by step, B does not
    assert found.pitches[14][below_the_next] > 0 > melody.pitches[14][below_the_next]
    assert found.pitches[14][away_from_it] < 0
    assert found.pitches[5][below_the_next] < 0  # it is too early


def test_between_changes_a_bass_has_the_root_before_fifth_and_third_and_hardly_ever_a_seventh() -> None:
    found = wish(kind="bass", limits=LoopLimits(low=36, high=60), harmony=bars(G_SEVENTH, G_SEVENTH, D_MINOR))
    root, third, fifth, seventh = 43, 47, 50, 53
    assert found.pitches[8][root] == 0
    assert found.pitches[8][fifth] == found.pitches[8][third] < -1
    assert found.pitches[8][seventh] < found.pitches[8][third] - 3
    assert found.holds[8][seventh] < -3 < found.holds[8][third] == 0


def test_a_note_that_is_no_chord_tone_goes_on_by_step_to_one() -> None:
    found = motion()
    assert found.leaps[5][A] < 0 == found.leaps[5][C]
    assert found.pending[5][D] < 0 == found.pending[5][C]
    assert found.goals[5][C] == found.goals[5][E] == 1
    assert found.goals[5][B] == 0


def test_drums_and_free_voices_wish_for_nothing() -> None:
    for changes in ({"kind": "drums"}, {"strictness": 0.0}, {"harmony": ()}):
        assert harmony_wish(asked(**changes)) is None
        assert motion_of(asked(**changes)) is None
