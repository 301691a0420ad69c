"""A tune fitted to other chords keeps its rhythm, and suits them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from fakes.chords import A_MINOR, C_CHORD, D_MINOR, G_SEVENTH, bars, chord
from fakes.strategies_of_music import harmonies, metres, notes
from reverie.compose.chord_places import ChordPlaces, bass_tones, place_weight
from reverie.compose.fitting import FittingRules, fit
from reverie.music.harmony import BarHarmony
from reverie.music.notes import Note
from reverie.music.time import Metre

F_CHORD = (5, 9, 0)


def line(*pitches: int, length: int = 480) -> tuple[Note, ...]:
    return tuple(Note(length * number, length, pitch) for number, pitch in enumerate(pitches))


def fitted(
    played: Sequence[Note], before: Sequence[BarHarmony], after: Sequence[BarHarmony], rules: FittingRules
) -> list[int]:
    return [note.pitch for note in fit(played, before, after, Metre(), rules)]


def test_over_the_same_chords_a_loop_stays_as_it_is_whatever_they_are_called() -> None:
    same = (BarHarmony((chord(C_CHORD, change=False),)),)
    clashing = line(61, 66, 70)
    assert fit(clashing, bars(C_CHORD), same, Metre(), FittingRules()) == clashing


def test_tones_that_two_chords_share_stay_and_others_go_to_their_neighbour() -> None:
    assert fitted(line(60, 62, 64, 67), bars(C_CHORD), bars(A_MINOR), FittingRules(48, 84)) == [60, 62, 64, 69]
    assert fitted(line(60, 62, 64, 67), bars(C_CHORD), bars(F_CHORD), FittingRules(48, 84)) == [60, 62, 65, 69]


def test_the_root_of_a_bass_becomes_the_root() -> None:
    walk = line(36, 43, 36, 40)
    rules = FittingRules(28, 52, lowest=True)
    found = fitted(walk, bars(C_CHORD), bars(G_SEVENTH), rules)
    assert [pitch % 12 for pitch in found[:3]] == [7, 7, 7]  # the second was a fifth, which both chords have
    slash = (BarHarmony((chord(C_CHORD, bass=4),)),)
    assert fitted(walk, bars(C_CHORD), slash, rules)[0] % 12 == 4


def test_a_loop_whose_chords_are_not_known_is_bent_where_the_ear_holds_it_against_the_chord() -> None:
    played = (Note(0, 240, 61), Note(240, 240, 62), Note(480, 240, 66), Note(960, 240, 65))
    assert fitted(played, (), bars(C_CHORD), FittingRules()) == [60, 62, 65, 64]


@st.composite
def cases(draw: st.DrawFn) -> tuple[tuple[Note, ...], tuple[BarHarmony, ...], tuple[BarHarmony, ...], Metre]:
    metre = draw(metres)
    played = draw(notes(2 * metre.bar_ticks, most=12))
    before = draw(st.just(()) | st.lists(harmonies, min_size=2, max_size=2).map(tuple))
    return played, before, draw(st.lists(harmonies, min_size=2, max_size=2).map(tuple)), metre


def one_at_a_time(played: Sequence[Note]) -> tuple[Note, ...]:
    return tuple({note.start: note for note in played}.values())


@given(cases(), st.integers(0, 104), st.integers(12, 23), st.booleans())
def test_whatever_is_fitted_keeps_its_rhythm_and_suits_its_chords_and_stays_so(
    case: tuple[tuple[Note, ...], tuple[BarHarmony, ...], tuple[BarHarmony, ...], Metre],
    low: int,
    width: int,
    lowest: bool,
) -> None:
    played, before, after, metre = case
    played = one_at_a_time(played)
    rules = FittingRules(low, low + width, lowest=lowest)
    found = fit(played, before, after, metre, rules)
    assert [(n.start, n.length, n.velocity, n.shift, n.tied) for n in found] == [
        (n.start, n.length, n.velocity, n.shift, n.tied) for n in sorted(played)
    ]
    assert fit(found, after, after, metre, rules) == found
    if found == tuple(sorted(played)):
        return
    places = ChordPlaces(after, metre)
    for note in found:
        span = places.at(note.start)
        assert note.pitch % 12 in {*span.scale, *bass_tones(span)}
        assert low <= note.pitch <= low + width
        if place_weight(metre, note.start) == 1 or places.changes_at(note.start):
            assert note.pitch % 12 in {*span.tones, *bass_tones(span)}


@given(st.lists(st.sampled_from([D_MINOR, G_SEVENTH, C_CHORD, A_MINOR, F_CHORD]), min_size=2, max_size=2))
def test_a_tune_keeps_its_contour_as_far_as_the_chords_let_it(chords: list[tuple[int, ...]]) -> None:
    old, new = (bars(one) for one in chords)
    root = chords[0][0] + 60
    tune = line(root, root + 7, root + 12, root + 7, length=240)
    found = fitted(tune, old, new, FittingRules(36, 96))
    assert found[0] <= found[1] <= found[2] >= found[3]
    assert found[0] < found[2]
