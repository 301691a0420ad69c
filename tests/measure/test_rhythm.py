from __future__ import annotations

import random

import pytest

from fakes.pieces import FOUR, Hand, piece
from reverie.measure.piece import Piece
from reverie.measure.relation import MOVES, moves
from reverie.measure.rhythm import crossing, density, lock, lock_anywhere, overlap, repetition
from reverie.music.time import Metre


def places(bars: int, seed: int, share: float = 0.25) -> list[list[float]]:
    """Sixteenths of each bar, by chance, as quarters from the beginning; none is empty."""
    dice = random.Random(seed)
    return [[4 * bar + step / 4 for step in range(16) if dice.random() < share] or [4 * bar] for bar in range(bars)]


def struck(rows: list[list[float]], pitch: int) -> list[Hand]:
    return [(start, 0.2, pitch) for row in rows for start in row]


def test_a_bass_on_every_kick_is_locked_until_the_kicks_are_moved() -> None:
    kicks = places(64, 1)
    locked = lock(piece(64, drums=("drums", struck(kicks, 36)), bass=("bass", struck(kicks, 40))))
    assert locked.share.value == 1.0
    assert locked.by_chance == pytest.approx(0.25, abs=0.06)


def test_a_bass_that_does_not_know_the_kick_is_at_chance() -> None:
    found = lock(piece(64, drums=("drums", struck(places(64, 1), 36)), bass=("bass", struck(places(64, 2), 40))))
    assert found.share.value == pytest.approx(found.by_chance, abs=0.06)


def test_the_bass_is_locked_to_kicks_and_no_other_drum_and_only_where_drums_play() -> None:
    drums: list[Hand] = [(0, 0.2, 36), (1, 0.2, 38), (8, 0.2, 42)]
    bass: list[Hand] = [(0, 1, 40), (1, 1, 40), (4, 1, 40), (8, 1, 40)]
    found = lock(piece(3, drums=("drums", drums), bass=("bass", bass)))
    assert (found.share.hits, found.share.of) == (1, 3)


def test_without_drums_there_is_no_lock() -> None:
    music = piece(3, bass=("bass", [(0, 1, 40)]))
    assert (lock(music).share.value, lock(music).by_chance, lock_anywhere(music)) == (None, None, None)


def constant(bars: int, *at: float) -> list[list[float]]:
    return [[4 * bar + one for one in at] for bar in range(bars)]


def with_kick(kicks: list[list[float]], bass: list[list[float]], metre: Metre = FOUR) -> Piece:
    return piece(len(kicks), metre, drums=("drums", struck(kicks, 36)), bass=("bass", struck(bass, 40)))


def test_a_kick_that_is_the_same_in_every_bar_is_moved_within_the_bar() -> None:
    kicks = constant(16, 0, 2.5)
    music = with_kick(kicks, kicks)
    assert (lock(music).share.value, lock(music).by_chance) == (1.0, 1.0)
    assert lock_anywhere(music) == pytest.approx(1 / 15), "of 15 moves one brings the other kick to each onset"


def test_a_bass_that_does_not_know_a_constant_kick_is_where_chance_in_the_bar_is() -> None:
    music = with_kick(constant(256, 0, 2.5), places(256, 2))
    assert lock(music).share.value == pytest.approx(lock_anywhere(music), abs=0.04)
    everywhere = with_kick(constant(4, 0, 2.5), constant(4, *(step / 4 for step in range(16))))
    assert lock(everywhere).share.value == lock_anywhere(everywhere) == pytest.approx(2 / 16)


def test_moves_within_the_bar_break_a_lock_to_kicks_that_change() -> None:
    kicks = places(64, 1)
    assert lock_anywhere(with_kick(kicks, kicks)) == pytest.approx(0.25, abs=0.06)
    assert lock_anywhere(with_kick(kicks, places(64, 2))) == pytest.approx(0.25, abs=0.06)


def test_moves_within_the_bar_are_as_many_as_it_has_sixteenths_and_keep_triplets_apart() -> None:
    waltz = with_kick([[0, 1]], [[0, 1]], Metre(3, 4))
    assert lock_anywhere(waltz) == pytest.approx(1 / 11)
    apart = piece(1, drums=("drums", [(0, 0.1, 36)]), bass=("bass", [(1 / 3, 0.1, 40), (2 / 3, 0.1, 40)]))
    assert lock_anywhere(apart) == 0.0


def test_bars_without_drums_say_nothing_of_chance_in_the_bar() -> None:
    drums: list[Hand] = [(0, 0.2, 36), (8, 0.2, 42)]
    bass: list[Hand] = [(1, 1, 40), (4, 1, 40), (8, 1, 40)]
    assert lock_anywhere(piece(3, drums=("drums", drums), bass=("bass", bass))) == pytest.approx(1 / 15 / 2)


def shared(one: list[list[float]], other: list[list[float]]) -> Piece:
    return piece(len(one), call=("melody", struck(one, 60)), answer=("melody", struck(other, 72)))


def test_voices_that_strike_where_the_other_rests_overlap_by_chance_once_moved() -> None:
    call = places(64, 1, share=0.5)
    rests = [
        [4 * bar + step / 4 for step in range(16) if 4 * bar + step / 4 not in row] for bar, row in enumerate(call)
    ]
    music = shared(call, rests)
    of_call, of_answer = overlap(music, *music.voices)
    assert (of_call.share.value, of_answer.share.value) == (0, 0)
    assert of_call.by_chance == pytest.approx(0.5, abs=0.05)
    assert of_answer.by_chance == pytest.approx(0.5, abs=0.05)


def test_overlap_is_of_each_voice() -> None:
    music = shared([[0, 1, 2, 3]], [[0, 0.5]])
    of_call, of_answer = overlap(music, *music.voices)
    assert (of_call.share.value, of_answer.share.value) == (0.25, 0.5)


def test_a_bar_again_is_a_repetition_within_as_many_bars() -> None:
    line: list[Hand] = [(4 * bar, 1, 60 + bar % 12) for bar in range(24)]
    music = piece(24, lead=("melody", line))
    assert repetition(music, music.voices[0], 8).value == 0
    assert repetition(music, music.voices[0], 12).value == 0.5


def test_empty_bars_are_no_repetition_and_pass_like_others() -> None:
    music = piece(12, lead=("melody", [(0, 1, 60), (4 * 9, 1, 60), (4 * 11, 1, 60)]))
    assert (repetition(music, music.voices[0], 8).hits, repetition(music, music.voices[0], 8).of) == (1, 3)
    assert repetition(music, music.voices[0], 9).hits == 2


def test_another_pitch_or_place_is_no_repetition_and_another_velocity_is() -> None:
    music = piece(4, lead=("melody", [(0, 1, 60, 50), (4, 1, 60, 99), (8, 1, 61, 50), (12.25, 1, 60, 50)]))
    assert repetition(music, music.voices[0], 8).hits == 1


def test_notes_that_sound_over_a_bar_line_cross_it() -> None:
    music = piece(4, pad=("chords", [(0, 4, 60), (0, 4.5, 64), (3, 1, 67), (7.75, 2, 60)]))
    assert (crossing(music, music.voices[0]).hits, crossing(music, music.voices[0]).of) == (2, 4)
    late = piece(4, pad=("chords", [(0, 4.03, 60), (-0.0, 3.98, 64)]))
    assert crossing(late, late.voices[0]).hits == 0, "an end that is a little late is meant for the bar line"


def test_density_counts_bars_that_are_played_apart() -> None:
    music = piece(4, lead=("melody", [(0, 1, 60), (1, 1, 60), (4, 1, 60)]))
    assert density(music, music.voices[0]) == {"notes_a_bar": 0.75, "notes_a_bar_played": 1.5, "bars_played": 0.5}


@pytest.mark.parametrize("bars", [0, 1, 2, 5, 33, 34, 64, 128, 1024, 1800])
def test_moves_are_different_and_move(bars: int) -> None:
    found = moves(bars)
    assert len(set(found)) == len(found) == min(max(bars - 1, 0), MOVES)
    assert all(0 < move < bars for move in found)


@pytest.mark.parametrize("bars", [128, 256, 512, 1024, 1800])
@pytest.mark.parametrize("period", [2, 4, 8])
def test_moves_have_no_period_of_music(bars: int, period: int) -> None:
    alike = sum(move % period == 0 for move in moves(bars)) / MOVES
    assert alike == pytest.approx(1 / period, abs=0.15)
