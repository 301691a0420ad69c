from __future__ import annotations

import pytest

from fakes.pieces import chord, piece, roots
from reverie.measure.consonance import bass_at_changes, clashes, with_bass, with_chord
from reverie.measure.piece import Piece
from reverie.measure.relation import Related
from reverie.music.time import Metre


def value(related: Related) -> float:
    assert related.share.value is not None
    return related.share.value


def chance(related: Related) -> float:
    assert related.by_chance is not None
    return related.by_chance


def thirds_over(bass: list[int]) -> Piece:
    """Melody notes a third and a fifth over the bass of each bar."""
    return piece(
        len(bass),
        low=("bass", [(4 * bar, 4, 36 + root) for bar, root in enumerate(bass)]),
        high=(
            "melody",
            [(4 * bar + beat, 1, 60 + root + step) for bar, root in enumerate(bass) for beat, step in ((0, 4), (2, 7))],
        ),
    )


def test_a_melody_of_thirds_and_fifths_is_consonant_until_the_bass_is_moved() -> None:
    found = with_bass(thirds_over(roots(64)))
    assert value(found) == 1.0
    assert found.share.of == 128
    assert chance(found) == pytest.approx(0.5, abs=0.1), "six of twelve intervals are consonant"


def test_a_melody_that_does_not_know_the_bass_is_at_chance() -> None:
    one, other = thirds_over(roots(64, 1)), thirds_over(roots(64, 2))
    mixed = Piece("mixed", one.bars, (one.voices[0], other.voices[1]))
    found = with_bass(mixed)
    assert value(found) == pytest.approx(chance(found), abs=0.12)


@pytest.mark.parametrize(
    ("step", "share"),
    [(0, 1), (1, 0), (2, 0), (3, 1), (4, 1), (5, 0), (6, 0), (7, 1), (8, 1), (9, 1), (10, 0), (11, 0)],
)
def test_which_intervals_over_the_bass_are_consonant(step: int, share: float) -> None:
    found = with_bass(piece(2, low=("bass", [(0, 8, 36)]), high=("melody", [(0, 1, 60 + step), (4, 1, 48 + step)])))
    assert value(found) == share


def test_only_notes_struck_on_strong_places_while_a_bass_sounds_are_counted() -> None:
    low = ("bass", [(0, 2, 36), (4, 0.5, 36)])
    high = ("melody", [(0, 1, 64), (1, 1, 61), (2, 1, 61), (3, 1, 61), (3.5, 1, 61), (6, 1, 61)])
    found = with_bass(piece(2, low=low, high=high))
    assert (found.share.hits, found.share.of) == (1, 1)


def test_a_bass_that_is_held_from_the_bar_before_counts() -> None:
    found = with_bass(piece(2, low=("bass", [(3, 4, 36)]), high=("melody", [(4, 1, 61)])))
    assert (found.share.hits, found.share.of) == (0, 1)


def test_a_note_struck_a_little_early_is_on_the_strong_place_that_it_means() -> None:
    found = with_bass(piece(2, low=("bass", [(3.97, 3.9, 36)]), high=("melody", [(3.98, 1, 64)])))
    assert (found.share.hits, found.share.of) == (1, 1)


def test_groups_and_metres_have_strong_places_of_their_own() -> None:
    low = ("bass", [(0, 12, 36)])
    high = ("melody", [(quarter, 0.5, 61) for quarter in range(12)])
    assert with_bass(piece(4, Metre(3, 4), low=low, high=high)).share.of == 4
    assert with_bass(piece(3, low=low, high=high)).share.of == 6
    assert with_bass(piece(4, Metre(6, 8), low=low, high=high)).share.of == 4, (
        "of a 6/8's two, one is no quarter's place"
    )
    eighths = ("melody", [(half / 2, 0.5, 61) for half in range(14)])
    assert with_bass(piece(2, Metre.parse("2+2+3/8"), low=low, high=eighths)).share.of == 6


def in_harmony(bass: list[int], steps: tuple[int, int] = (4, 7)) -> Piece:
    one = thirds_over(bass)
    chords = [chord(bar, 1, f"chord {root}", root, *steps) for bar, root in enumerate(bass)]
    return Piece("in harmony", one.bars, one.voices, tuple(chords))


def test_chord_tones_are_consonant_until_the_chords_are_moved() -> None:
    found = with_chord(in_harmony(roots(64)))
    assert value(found) == 1.0
    assert chance(found) == pytest.approx(0.25, abs=0.1), "three of twelve are tones"
    assert with_chord(thirds_over(roots(8))).share.of == 0, "nobody knows its chords"


def test_a_bass_of_roots_is_on_them_at_changes_until_it_is_moved() -> None:
    found = bass_at_changes(in_harmony(roots(64)))
    assert value(found) == 1.0
    assert found.share.of == 64
    assert chance(found) == pytest.approx(2 / 12, abs=0.1), "root or fifth, of twelve"


def test_fifth_and_slash_count_at_changes_and_thirds_do_not() -> None:
    def share(pitch: int) -> float:
        return value(
            bass_at_changes(
                piece(1, chords=[chord(0, 1, "C", 0, 4, 7)], low=("bass", [(0, 4, pitch)]), up=("melody", []))
            )
        )

    assert [share(pitch) for pitch in (36, 40, 43, 41)] == [1, 0, 1, 0]


def test_the_fifth_is_the_one_that_the_chord_has() -> None:
    half_diminished = chord(0, 1, "Bm7b5", 11, 3, 6, 10)
    assert half_diminished.fifth == 5
    assert chord(0, 1, "C", 0, 4, 7).fifth == 7
    assert chord(0, 1, "C5-less", 0, 4).fifth == 7


def test_a_chord_that_goes_on_is_no_change() -> None:
    same = chord(0, 1, "C", 0, 4, 7)
    again = type(same)(1920, 3840, "C", 0, 0, same.tones, change=False)
    assert bass_at_changes(piece(2, chords=[same, again], low=("bass", [(0, 8, 36)]))).share.of == 1


def test_time_in_which_a_semitone_sounds_of_all_in_which_two_notes_do() -> None:
    found = clashes(piece(2, low=("bass", [(0, 8, 36)]), high=("melody", [(0, 1, 37), (1, 3, 52), (6, 1, 49)])))
    assert found.share.hits == 2 * 480
    assert found.share.of == 5 * 480


def test_a_major_seventh_is_no_clash_and_neither_are_two_tones_of_the_chord() -> None:
    assert value(clashes(piece(1, low=("bass", [(0, 4, 36)]), high=("melody", [(0, 4, 59)])))) == 0
    inverted = {"low": ("bass", [(0, 4, 47)]), "high": ("melody", [(0, 4, 60)])}
    assert value(clashes(piece(1, **inverted))) == 1  # type: ignore[arg-type]
    assert value(clashes(piece(1, chords=[chord(0, 1, "Cmaj7", 0, 4, 7, 11)], **inverted))) == 0  # type: ignore[arg-type]


def test_voices_that_avoid_each_other_clash_by_chance_once_they_are_moved() -> None:
    found = clashes(thirds_over(roots(64)))
    assert value(found) == 0
    assert chance(found) > 0.03
