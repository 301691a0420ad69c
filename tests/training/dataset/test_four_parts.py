"""Four parts of scores: quartets, songs and pianos."""

from __future__ import annotations

import numpy as np
import pytest

from reverie.training.coconet_records import REST, moves_within
from reverie.training.dataset.extraction.four_parts import PartNote, four_parts, onsets

QUARTET = [
    [PartNote(0, 8, 76), PartNote(0, 8, 72)],
    [PartNote(0, 8, 67)],
    [PartNote(0, 4, 60), PartNote(4, 8, 62)],
    [PartNote(0, 8, 48), PartNote(4, 8, 43)],
]


def test_a_quartets_parts_are_its_instruments_with_the_outer_notes_of_double_stops() -> None:
    grid = four_parts([QUARTET[number] for number in (3, 1, 0, 2)], [], 8)
    assert grid is not None
    assert grid[0].tolist() == [76, 67, 60, 48]
    assert grid[7].tolist() == [76, 67, 62, 43]


def test_a_fifth_instrument_between_is_left_out() -> None:
    grid = four_parts([*QUARTET, [PartNote(0, 8, 50)]], [], 8)
    assert grid is not None
    assert grid[0].tolist() == [76, 67, 60, 48]


def test_of_a_song_the_singer_is_the_soprano_and_what_lies_above_comes_octaves_lower() -> None:
    grid = four_parts([[PartNote(0, 4, 72)]], [[PartNote(0, 4, 84 + 4), PartNote(0, 4, 67)], [PartNote(0, 4, 48)]], 4)
    assert grid is not None
    assert grid.tolist() == [[72, 67, 64, 48]] * 4


def test_inner_parts_move_to_what_is_near_and_what_the_chord_lacks() -> None:
    chords = [(72, 64, 60, 55, 48), (74, 65, 62, 57, 55, 43)]
    notes = [PartNote(step, step + 1, pitch) for step, chord in enumerate(chords) for pitch in chord]
    grid = four_parts([], [notes], 2)
    assert grid is not None
    assert grid[0].tolist() == [72, 64, 55, 48]
    assert set(grid[1, 1:3].tolist()) == {65, 57}


def test_a_piano_of_two_notes_leaves_the_inner_parts_silent_and_a_single_line_is_no_four_parts() -> None:
    grid = four_parts([], [[PartNote(0, 2, 72), PartNote(0, 2, 48)]], 2)
    assert grid is not None
    assert grid.tolist() == [[72, REST, REST, 48]] * 2
    assert four_parts([[PartNote(0, 4, 72)]], [], 4) is None


def test_short_rests_are_held_over_and_long_ones_are_not() -> None:
    lines = [[PartNote(0, 1, pitch), PartNote(5, 6, pitch)] for pitch in (72, 67, 60, 48)]
    grid = four_parts(lines, [], 6)
    assert grid is not None
    assert grid[:, 0].tolist() == [72, 72, 72, REST, REST, 72]


@pytest.mark.parametrize(("low", "high", "ways"), [(48, 72, [0]), (40, 80, [*range(-6, 7)]), (50, 80, [*range(2, 7)])])
def test_a_passage_is_moved_as_far_as_the_pitches_reach(low: int, high: int, ways: list[int]) -> None:
    assert [*moves_within(np.array([[72, REST, 60, 48]]), low, high, 6)] == ways


def test_a_pitch_that_stays_begins_once() -> None:
    assert onsets(np.array([[72, 60], [72, 62], [REST, 62], [72, 62]])) == [72, 60, 62, 72]
