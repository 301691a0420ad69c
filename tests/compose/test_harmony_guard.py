"""What the guard bends where a loop has harmony, and what it lets pass."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import recipes
from fakes.chords import A_MINOR, C_CHORD, D_MINOR, G_SEVENTH, bars, chord
from fakes.strategies_of_music import harmonies, notes
from reverie.compose.chord_places import ChordPlaces, place_weight
from reverie.compose.guard import guard
from reverie.compose.recipe import LoopLimits
from reverie.compose.selection import fit
from reverie.music.harmony import BarHarmony
from reverie.music.notes import Note

WIDE = LoopLimits(low=40, high=90, least=0.0, scale="chromatic")


def in_harmony(*tones: tuple[int, ...], **changes: Any) -> Any:
    return recipes.recipe(
        bars=len(tones), harmony=bars(*tones, tones[-1]), limits=WIDE, **({"strictness": 0.8} | changes)
    )


def guarded(asked: Any, *played: Note) -> tuple[list[tuple[int, int, int]], dict[str, int]]:
    found = guard(asked, played)
    assert found.loop
    return [(note.start, note.length, note.pitch) for note in found.loop.notes], {
        str(kind): count for kind, count in found.clips.items() if count
    }


@pytest.mark.parametrize(
    ("played", "becomes", "why"),
    [
        (Note(0, 480, 64), 64, {}),  # a chord tone
        (Note(0, 480, 65), 64, {"harmony": 1}),  # a fourth on the bar line
        (Note(240, 240, 65), 65, {}),  # the same in passing
        (Note(240, 1200, 65), 64, {"harmony": 1}),  # the same held
        (Note(240, 240, 66), 65, {"scale": 1}),  # off the scale
        (Note(960, 240, 66), 67, {"harmony": 1}),  # and off the scale on a strong place
    ],
)
def test_what_clashes_is_bent_and_counted(played: Note, becomes: int, why: dict[str, int]) -> None:
    asked = in_harmony(C_CHORD)
    assert guarded(asked, played) == ([(played.start, played.length, becomes)], why)


def test_what_resolves_by_step_may_stand_on_a_strong_place_unless_nothing_but_harmony_counts() -> None:
    leaning, resolved = Note(0, 480, 65), Note(480, 480, 64)
    assert guarded(in_harmony(C_CHORD), leaning, resolved)[1] == {}
    assert guarded(in_harmony(C_CHORD, strictness=1.0), leaning, resolved)[1] == {"harmony": 1}


def test_a_note_that_is_held_into_a_clash_becomes_a_tone_of_both_chords_or_ends() -> None:
    asked = in_harmony(G_SEVENTH, C_CHORD)
    assert guarded(asked, Note(1440, 960, 65)) == ([(1440, 960, 67)], {"harmony": 1})
    asked = in_harmony(D_MINOR, A_MINOR)
    assert guarded(asked, Note(1440, 960, 69)) == ([(1440, 960, 69)], {})
    assert guarded(in_harmony(D_MINOR, C_CHORD, strictness=1.0), Note(1440, 960, 65)) == (
        [(1440, 480, 65)],
        {"harmony": 1},
    )


def test_a_note_that_no_tone_can_be_held_through_ends_where_it_clashes() -> None:
    asked = in_harmony((0, 2), (0, 7), (2, 7), strictness=1.0)
    assert guarded(asked, Note(0, 5760, 60)) == ([(0, 3840, 60)], {"harmony": 1})


def test_the_scale_is_that_of_the_chord_and_not_the_scene_s() -> None:
    in_d_major = BarHarmony((chord((2, 6, 9), scale=(2, 4, 6, 7, 9, 11, 1)),))
    asked = recipes.recipe(
        bars=1,
        harmony=(in_d_major, in_d_major),
        strictness=0.8,
        limits=LoopLimits(low=40, high=90, tonic=0, scale="major"),
    )
    assert guarded(asked, Note(0, 240, 66), Note(240, 240, 61)) == ([(0, 240, 66), (240, 240, 61)], {})


def test_a_free_voice_only_keeps_to_the_scale() -> None:
    asked = in_harmony(C_CHORD, strictness=0.0)
    assert guarded(asked, Note(0, 960, 65), Note(960, 960, 66)) == ([(0, 960, 65), (960, 960, 65)], {"scale": 1})


@given(notes(1920, pitches=st.integers(30, 100)), st.lists(harmonies, min_size=2, max_size=2), st.floats(0.1, 1))
def test_whatever_is_played_is_in_the_scale_and_strictly_in_the_chord_where_it_counts(
    played: tuple[Note, ...], harmony: list[BarHarmony], strictness: float
) -> None:
    asked = recipes.recipe(bars=1, harmony=tuple(harmony), strictness=strictness, limits=WIDE)
    found = guard(asked, played)
    if found.loop is None:
        return
    places = ChordPlaces(asked.harmony, asked.metre)
    for note in found.loop.notes:
        span = places.at(note.start)
        assert note.pitch % 12 in span.scale
        if strictness == 1 and place_weight(asked.metre, note.start) == 1:
            assert note.pitch % 12 in span.tones


def test_of_candidates_the_consonant_and_singable_fits_better() -> None:
    asked = in_harmony(C_CHORD)

    def fitting(*pitches: int) -> dict[str, float]:
        played = [Note(480 * beat, 480, pitch) for beat, pitch in enumerate(pitches)]
        found = guard(asked, played)
        assert found.loop
        return fit(asked, found.loop, found.clips, played)

    assert fitting(60, 62, 64, 67)["consonance"] == 1
    assert fitting(60, 62, 62, 64)["consonance"] == 0.5
    assert fitting(60, 62, 64, 67)["contour"] == 1
    assert fitting(60, 72, 84, 60)["contour"] == pytest.approx(1 / 3)
    assert "consonance" not in fit(recipes.recipe(), guard(recipes.recipe(), [Note(0, 480, 60)]).loop, {}, [])  # type: ignore[arg-type]


def test_a_note_that_begins_just_before_a_chord_is_no_sliver_but_belongs_to_it() -> None:
    asked = in_harmony(C_CHORD, G_SEVENTH, strictness=1.0)
    early = Note(asked.metre.bar_ticks - 10, 490, 64)
    [(start, length, pitch)], _ = guarded(asked, early)
    assert (start, length) == (early.start, early.length)
    assert pitch % 12 in G_SEVENTH
    [(_, cut, _)], _ = guarded(asked, Note(asked.metre.bar_ticks - 480, 960, 64))
    assert cut == 480
