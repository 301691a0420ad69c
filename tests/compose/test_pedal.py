"""The pedal holds what belongs to the chord until the chord changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fakes import recipes
from fakes.engine import DiceEngine
from reverie.compose.composer import compose
from reverie.compose.pedal import PEDAL, pedalled
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.state_cache import Memories
from reverie.music.harmony import OCTAVE, BarHarmony, ChordSpan
from reverie.music.notes import Note

BAR = 1920
MAJOR = (0, 2, 4, 5, 7, 9, 11)
C, F = ("C", 0, (0, 4, 7)), ("F", 5, (5, 9, 0))


def bar(*spans: tuple[int, tuple[str, int, tuple[int, ...]], bool]) -> BarHarmony:
    return BarHarmony(
        tuple(ChordSpan(at, name, root, root, tones, MAJOR, change) for at, (name, root, tones), change in spans)
    )


HARMONY = (bar((0, C, True)), bar((0, C, False), (BAR // 2, F, True)), bar((0, C, True)))


def recipe(**changes: Any) -> Recipe:
    fields: dict[str, Any] = {"bars": 2, "harmony": HARMONY, "settings": {PEDAL: 1.0}, "primer_steps": 0, "primer": ()}
    return replace(recipes.recipe(), **(fields | changes))


def ends(notes: tuple[Note, ...]) -> list[int]:
    return [note.end for note in notes]


def test_a_tone_of_the_chord_rings_until_the_chord_changes_and_others_end_as_they_are_played() -> None:
    played = (Note(0, 100, 60), Note(480, 100, 62), Note(960, 100, 64), Note(BAR + 1200, 100, 65))
    assert ends(pedalled(recipe(), played)) == [BAR + 960, 580, BAR + 960, 2 * BAR]


def test_it_rings_until_it_is_struck_again() -> None:
    assert ends(pedalled(recipe(), (Note(0, 100, 60), Note(700, 50, 60)))) == [700, BAR + 960]


def test_a_note_that_is_held_by_the_finger_stays_whole() -> None:
    assert ends(pedalled(recipe(), (Note(BAR, 1500, 60),))) == [BAR + 1500]


def test_without_harmony_it_rings_to_the_end_of_the_bar() -> None:
    assert ends(pedalled(recipe(harmony=()), (Note(0, 100, 61), Note(BAR + 5, 100, 66)))) == [BAR, 2 * BAR]


def test_nobody_who_has_not_asked_has_a_pedal() -> None:
    played = (Note(0, 100, 60),)
    assert pedalled(recipe(settings={}), played) == played


NOTES = st.lists(
    st.builds(Note, st.integers(0, 2 * BAR - 1), st.integers(1, 400), st.integers(36, 84)),
    max_size=30,
    unique_by=lambda note: (note.start, note.pitch),
)


@given(NOTES)
def test_it_strikes_nothing_and_shortens_nothing_and_blurs_no_chord(played: list[Note]) -> None:
    held = pedalled(recipe(), played)
    assert [(note.start, note.pitch, note.velocity) for note in held] == [
        (note.start, note.pitch, note.velocity) for note in sorted(played)
    ]
    for before, after in zip(sorted(played), held, strict=True):
        assert after.end >= before.end
        if after.end > before.end:
            assert after.end <= 2 * BAR
            assert before.pitch % OCTAVE in (F if before.start >= BAR + 960 else C)[2]
            assert not before.start < BAR + 960 < after.end


def test_what_the_composer_keeps_is_held() -> None:
    asked = recipe(kind="performance", limits=LoopLimits(low=21, high=108, polyphony=16, least=0, most=100))
    dry = compose(DiceEngine(), replace(asked, settings={}), Memories()).loop
    wet = compose(DiceEngine(), asked, Memories()).loop
    assert dry is not None
    assert wet is not None
    assert {(note.start, note.pitch) for note in dry.notes} == {(note.start, note.pitch) for note in wet.notes}
    assert sum(note.length for note in wet.notes) > 2 * sum(note.length for note in dry.notes)
    assert compose(DiceEngine(), asked, Memories()).loop == wet
