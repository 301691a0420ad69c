"""The notation of tunes and drums."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.music.harmony import pitch_name
from reverie.music.notation import ACCENT, GHOST, PLAIN, WrittenPassage, read_drum, read_drums, read_tune
from reverie.music.notes import Note
from reverie.music.time import Metre

Row = tuple[int, int, int]


def rows(passage: WrittenPassage) -> list[Row]:
    return [(note.start, note.length, note.pitch) for note in passage.notes]


@pytest.mark.parametrize(
    ("text", "steps", "notes"),
    [
        ("", 0, []),
        ("D4 - - - F4 - A4 -", 8, [(0, 480, 62), (480, 240, 65), (720, 240, 69)]),
        ("D4 . D4 .", 4, [(0, 120, 62), (240, 120, 62)]),
        ("C4:8 .:4 E4:4", 16, [(0, 960, 60), (1440, 480, 64)]),
        ("C4:4 -:4", 8, [(0, 960, 60)]),
        ("[C4 E4 G4]:2 [D4 F4]", 3, [(0, 240, 60), (0, 240, 64), (0, 240, 67), (240, 120, 62), (240, 120, 65)]),
        ("[C4 E4] -", 2, [(0, 240, 60), (0, 240, 64)]),
        ("(C4 D4 E4)", 4, [(0, 160, 60), (160, 160, 62), (320, 160, 64)]),
        ("(C4 - E4)", 4, [(0, 320, 60), (320, 160, 64)]),
        ("(C4 . E4):2", 2, [(0, 80, 60), (160, 80, 64)]),
        ("C4 (- D4 -):2", 3, [(0, 200, 60), (200, 160, 62)]),
        ("(C4 D4 E4 F4 G4)", 4, [(0, 96, 60), (96, 96, 62), (192, 96, 64), (288, 96, 65), (384, 96, 67)]),
        ("C4:16|-:8 D4:8", 32, [(0, 2880, 60), (2880, 960, 62)]),
        ("| C4:16 |\n| D4:16 |", 32, [(0, 1920, 60), (1920, 1920, 62)]),
        ("C-1 G9", 2, [(0, 120, 0), (120, 120, 127)]),
    ],
)
def test_what_is_written_is_what_is_read(text: str, steps: int, notes: list[Row]) -> None:
    passage = read_tune(text)
    assert (passage.steps, rows(passage)) == (steps, notes)


def test_accents_and_ghost_notes_are_marked() -> None:
    assert [n.velocity for n in read_tune("C4 C4> C4< [D4 F4]>:2 (E4< F4 G4>)").notes] == [
        PLAIN, ACCENT, GHOST, ACCENT, ACCENT, GHOST, PLAIN, ACCENT,
    ]  # fmt: skip
    assert [n.velocity for n in read_drum("xXog", 38).notes] == [PLAIN, ACCENT, GHOST, GHOST]


def test_what_is_held_at_the_beginning_is_tied_to_the_end() -> None:
    passage = read_tune("-:4 D4:4 [F4 A4]:4 -:4")
    assert [note for note in passage.notes if note.tied] == [
        Note(0, 480, 65, PLAIN, tied=True),
        Note(0, 480, 69, PLAIN, tied=True),
    ]


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("x... x...", [0, 480]),
        ("|x.x.|x...|", [0, 240, 480]),
        ("(xxx)(x.x)", [0, 160, 320, 480, 800]),
        ("(xxx):2x", [0, 80, 160, 240]),
        (".:14 xx", [1680, 1800]),
        ("(xxxxxx):4", [0, 80, 160, 240, 320, 400]),
    ],
)
def test_drums_are_read_by_characters(text: str, starts: list[int]) -> None:
    passage = read_drum(text, 36)
    assert [note.start for note in passage.notes] == starts
    assert all(note.length <= 120 and note.pitch == 36 for note in passage.notes)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("D4 - H4", "sixteenth 3, column 6: a pitch is a letter"),
        ("D4:16 | . -", "bar 2, sixteenth 2, column 11: - holds, but no note sounds"),
        ("D4 .\nE4 x", "sixteenth 4, line 2, column 4: a pitch is a letter"),
        ("- . D4 .", "sixteenth 1, column 1: - holds, but no note sounds at the end"),
        ("-", "no note sounds at the end"),
        ("(C4 D4", "sixteenth 1, column 7: a ( is not closed"),
        ("C4 )", "sixteenth 2, column 4: a ) closes nothing"),
        ("(C4 (D4))", "a ( stands within ( )"),
        ("(C4 | D4)", "a bar line stands within ( )"),
        ("()", "nothing between"),
        ("(C4:2 D4)", "all within ( ) are equally long"),
        ("C4:0", "sixteenth 1, column 1: after the colon stands"),
        ("C4:", "after the colon stands"),
        ("C4:99999999999", "after the colon stands"),
        (".:1000 .:25", "more than 1024 sixteenths"),
        ("[C4 E4", "a chord is written like"),
        ("[C4 C4]", "a chord is one pitch or more, each once"),
        ("[]", "a chord is one pitch or more"),
        ("C4 :4", "':' stands alone"),
        ("C4:4>", "sixteenth 5, column 5: > stands behind a note or chord, before its length, such as D4>:4"),
        ("C10", "a pitch is a letter"),
        ("G#9", "outside MIDI's range"),
        (f"({' C4' * 500}):4", "500 are too many for 4 sixteenths"),
    ],
)
def test_what_is_written_wrong_is_told_at_its_place(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"column") as told:
        read_tune(text)
    assert sentence in str(told.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x..y", "sixteenth 4, column 4: a pattern is written with"),
        ("x... | x-", "bar 2, sixteenth 2, column 9: a pattern is written with"),
        ("(xx", "a ( is not closed"),
    ],
)
def test_what_is_no_drum_line_is_told_at_its_place(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"column") as told:
        read_drum(text, 36)
    assert sentence in str(told.value)


def test_lines_of_drums_are_equally_long() -> None:
    with pytest.raises(ValueError, match="these have 2 and 3 sixteenths"):
        read_drums({36: "x.", 38: "..x"})
    assert read_drums({36: "x.", 38: ".X"}).notes == (Note(0, 120, 36, PLAIN), Note(120, 120, 38, ACCENT))


def test_bar_lines_are_held_to_the_metre() -> None:
    passage = read_tune("C4:14 | D4:12 | E4:14")
    assert [*passage.misplaced(Metre.parse("2+2+3/8"))] == [
        "bar 2 has 12 sixteenths up to the bar line in column 15; a bar of 2+2+3/8 has 14"
    ]
    assert not [*read_tune("| C4:14 | D4:14 | E4").misplaced(Metre(7, 8))]
    assert [*read_drums({36: "x...|x...", 38: "........"}).misplaced(Metre(3, 8))] == [
        "bar 1 of drum 36 has 4 sixteenths up to the bar line in column 5; a bar of 3/8 has 6"
    ]


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it may be written: pitches (none is a rest), a mark, holds that follow."""

    pitches: tuple[int, ...]
    mark: str
    holds: int

    def text(self) -> str:
        names = [pitch_name(pitch) for pitch in self.pitches]
        head = "." if not names else names[0] if len(names) == 1 else f"[{' '.join(names)}]"
        return f"{head}{self.mark if names else ''}"

    def notes(self, start: int, end: int) -> list[Note]:
        velocity = {"": PLAIN, ">": ACCENT, "<": GHOST}[self.mark]
        return [Note(start, end - start, pitch, velocity) for pitch in self.pitches]


words = st.builds(
    Word,
    st.lists(st.integers(0, 127), max_size=4, unique=True).map(lambda pitches: tuple(sorted(pitches))),
    st.sampled_from(["", ">", "<"]),
    st.just(0),
)


@given(
    st.lists(st.tuples(words, st.integers(1, 40), st.booleans()) | st.lists(words, min_size=2, max_size=7), max_size=12)
)
def test_any_loop_can_be_written_and_is_read_as_it_was_meant(
    parts: list[tuple[Word, int, bool] | list[Word]],
) -> None:
    """Words with lengths, which are written as a number or held, and tuplets in a quarter."""
    texts: list[str] = []
    meant: list[Note] = []
    step = 0
    for part in parts:
        if isinstance(part, list):
            texts.append(f"({' '.join(word.text() for word in part)})")
            for number, word in enumerate(part):
                first, last = (round(480 * place / len(part)) for place in (number, number + 1))
                meant += word.notes(step * 120 + first, step * 120 + last)
            step += 4
        else:
            word, steps, held = part
            again = " -" if word.pitches else " ."
            texts.append(word.text() + again * (steps - 1) if held else f"{word.text()}:{steps}")
            meant += word.notes(step * 120, (step + steps) * 120)
            step += steps
    passage = read_tune(" ".join(texts))
    assert (passage.steps, passage.notes) == (step, tuple(sorted(meant)))


@given(st.text(alphabet="xXog.|():0123456789 -[]ABCDG#b<>\n", max_size=40))
def test_whatever_is_written_is_read_or_told_at_a_column(text: str) -> None:
    for read in (read_tune, lambda line: read_drum(line, 36)):
        try:
            passage = read(text)
        except ValueError as error:
            assert "column" in str(error)  # noqa: PT017 - both ways are right
        else:
            assert all(note.end <= passage.steps * 120 for note in passage.notes)
