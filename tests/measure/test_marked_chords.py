from __future__ import annotations

from dataclasses import replace

from fakes.pieces import piece
from reverie.measure.consonance import bass_at_changes
from reverie.measure.marked_chords import marked_chords

BAR = 1920


def test_each_marker_that_is_a_symbol_is_a_chord_up_to_the_next() -> None:
    markers = [(0, "First light"), (0, "Dm7"), (BAR, "the kick comes in"), (2 * BAR, "G7/B"), (3 * BAR, "Cmaj7")]
    found = marked_chords(markers, 4 * BAR)
    assert [(one.start, one.end, one.symbol, one.root, one.bass) for one in found] == [
        (0, 2 * BAR, "Dm7", 2, 2),
        (2 * BAR, 3 * BAR, "G7/B", 7, 11),
        (3 * BAR, 4 * BAR, "Cmaj7", 0, 0),
    ]
    assert found[2].tones == {0, 4, 7, 11}
    assert all(one.change for one in found)


def test_a_chord_said_once_more_is_no_change_and_no_chord_is_none() -> None:
    found = marked_chords([(0, "Am"), (BAR, "Am"), (2 * BAR, "N.C."), (3 * BAR, "Am")], 4 * BAR)
    assert [(one.start, one.end, one.change) for one in found] == [
        (0, BAR, True),
        (BAR, 2 * BAR, False),
        (3 * BAR, 4 * BAR, True),
    ]


def test_one_marker_alone_is_a_title() -> None:
    assert marked_chords([(0, "A")], BAR) == ()
    assert marked_chords([(0, "intro"), (BAR, "verse")], 2 * BAR) == ()


def test_the_bass_of_a_slash_is_right_at_a_change() -> None:
    music = piece(2, low=("bass", [(0, 4, 35), (4, 4, 35)]))
    chords = marked_chords([(0, "G7/B"), (BAR, "G7")], 2 * BAR)
    assert bass_at_changes(replace(music, chords=chords)).share.value == 0.5
