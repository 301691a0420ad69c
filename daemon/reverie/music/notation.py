"""Music as people write it, by sixteenths: a line of words for a tune, and a line of characters for each drum.

A contour is written as a tune is, with buttons in place of pitches: ``3 - 5 [1 8] .``.

==============  ==========================================================================================
``D4``          a pitch, a sixteenth long
``-``           what sounds is held, over a bar line too, and at the very beginning from the end on
``.``           a rest
``[C4 E4 G4]``  a chord
``D4>  D4<``    an accent, a ghost note
``D4:8``        anything may be so many sixteenths long
``(D4 E4 F4)``  a tuplet: what it has shares a quarter evenly, or with ``:8`` so many sixteenths
``x X o .``     of drums: a hit, an accent, a ghost note (or ``g``), nothing
``|``           a bar line
==============  ==========================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reverie.music.harmony import parse_pitch
from reverie.music.notes import Note
from reverie.music.time import STEPS_PER_QUARTER, TICKS_PER_STEP, Metre

ACCENT, PLAIN, GHOST = 120, 100, 40
"""Velocities of what is written: marks, of which a voice makes velocities of its own."""
LONGEST = 1024
"""Sixteenths of the longest passage: 16 bars of four whole notes."""
HOLD, REST, BAR_LINE = "-", ".", "|"

_HITS = {"x": PLAIN, "X": ACCENT, "o": GHOST, "g": GHOST}
_MARKS = {">": ACCENT, "<": GHOST}
_LENGTH = r"(?::(?P<length>[0-9]*))?"
_TUNE = re.compile(rf"\||\(|(?:(?P<end>\))|(?P<word>\[[^\]|()]*\][<>]?|[^\s|()\[\]:]+)){_LENGTH}|\S")
_DRUM = re.compile(rf"\||\(|(?:(?P<end>\))|(?P<word>[^\s|():])){_LENGTH}|\S")
_HITS_WRITTEN = "a pattern is written with x (hit), X (accent), o (ghost note), . (nothing), | and ( )"
_WORDS = f"{HOLD} holds, {REST} is a rest"
BUTTONS = 8
"""How many buttons a contour has, 1 the lowest."""


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """What the words of a line stand for: ``read`` makes a number of one, and the rest is for sentences."""

    read: Callable[[str], int]
    word: str = "D4"
    chord: str = "a chord is one pitch or more, each once, such as [C4 E4 G4]"


def _button(name: str) -> int:
    if len(name) == 1 and name in "12345678":
        return int(name) - 1
    raise ValueError(f"a button is a number from 1, the lowest, to {BUTTONS}, not {name!r}")


_PITCHES = _Vocabulary(parse_pitch)
_BUTTONS = _Vocabulary(_button, "3", "buttons pressed together are one or more, each once, such as [1 5]")


@dataclass(frozen=True, slots=True)
class WrittenBarLine:
    """A bar line after so many sixteenths, and where it was written."""

    step: int
    column: int
    drum: int | None = None


@dataclass(frozen=True, slots=True)
class WrittenPassage:
    """Notes in ticks from 0 that are ``steps`` sixteenths long, and the bar lines that were written.

    Velocities are :data:`ACCENT`, :data:`PLAIN` and :data:`GHOST`. A note that is tied goes on from the passage's end.
    """

    notes: tuple[Note, ...] = ()
    steps: int = 0
    lines: tuple[WrittenBarLine, ...] = ()

    def bars_in(self, metre: Metre) -> int:
        """How many bars of ``metre`` it takes, the last one begun included."""
        return -(-self.steps // metre.bar_steps)

    def misplaced(self, metre: Metre) -> Iterator[str]:
        """A sentence on the first bar line of each line that is not where bars of ``metre`` end."""
        told: set[int | None] = set()
        before: dict[int | None, tuple[int, int]] = {}
        for line in self.lines:
            number, start = before.get(line.drum, (1, 0))
            before[line.drum] = number + 1, line.step
            long = line.step - start
            if long != metre.bar_steps and line.drum not in told:
                told.add(line.drum)
                whose = "" if line.drum is None else f" of drum {line.drum}"
                sentence = f"bar {number}{whose} has {long} sixteenths up to the bar line in column {line.column}"
                yield f"{sentence}; a bar of {metre} has {metre.bar_steps}"


@dataclass(slots=True)
class _Share:
    """What stands for some time: pitches that begin, or a hold, or a rest; and how many sixteenths it was given."""

    pitches: tuple[int, ...] = ()
    velocity: int = PLAIN
    hold: bool = False


@dataclass(slots=True)
class _Reader:
    """A passage while it is read: ``tick`` is how far it is, ``sounding`` the notes that end there."""

    text: str
    drum: int | None = None
    words: _Vocabulary = _PITCHES
    tick: int = 0
    notes: list[Note] = field(default_factory=list[Note])
    sounding: list[int] = field(default_factory=list[int])
    lines: list[WrittenBarLine] = field(default_factory=list[WrittenBarLine])
    lead: int = 0
    lead_from: str = ""
    tuplet: list[tuple[_Share, str]] | None = None

    def read(self) -> WrittenPassage:
        """The passage.

        Raises:
            ValueError: at the first character that is not as it must be.
        """
        for match in (_TUNE if self.drum is None else _DRUM).finditer(self.text):
            self._take(match, self._where(match.start()))
        if self.tuplet is not None:
            raise ValueError(f"{self._where(len(self.text))}: a ( is not closed")
        self._tie_to_the_end()
        return WrittenPassage(tuple(sorted(self.notes)), self.tick // TICKS_PER_STEP, tuple(self.lines))

    def _take(self, match: re.Match[str], where: str) -> None:
        sign, word = match[0], match["word"]
        if sign == BAR_LINE and self.tuplet is None:
            step = self.tick // TICKS_PER_STEP
            if step > (self.lines[-1].step if self.lines else 0):
                self.lines.append(WrittenBarLine(step, self._column(match.start()), self.drum))
        elif sign == "(" and self.tuplet is None:
            self.tuplet = []
        elif match["end"] and self.tuplet is not None:
            slots, self.tuplet = self.tuplet, None
            if not slots:
                raise ValueError(f"{where}: there is nothing between ( and )")
            self._divide(slots, _steps(match["length"], where, STEPS_PER_QUARTER), where)
        elif word and self.tuplet is not None:
            if match["length"] is not None:
                raise ValueError(f"{where}: all within ( ) are equally long; hold one longer by {HOLD}")
            self.tuplet.append((self._slot(word, where), where))
        elif word:
            self._divide([(self._slot(word, where), where)], _steps(match["length"], where, 1), where)
        else:
            raise ValueError(f"{where}: {_astray(sign)}")

    def _slot(self, word: str, where: str) -> _Share:
        if self.drum is not None:
            if word == REST:
                return _Share()
            if word not in _HITS:
                raise ValueError(f"{where}: {_HITS_WRITTEN}, not {word!r}")
            return _Share((self.drum,), _HITS[word])
        if word in {HOLD, REST}:
            return _Share(hold=word == HOLD)
        mark = word[-1] if word[-1] in _MARKS else ""
        names = word.removesuffix(mark)
        if not names:
            example = f"{self.words.word}{mark}:4"
            raise ValueError(f"{where}: {mark} stands behind a note or chord, before its length, such as {example}")
        chord = names.startswith("[")
        try:
            pitches = tuple(self.words.read(name) for name in (names[1:-1].split() if chord else [names]))
        except ValueError as error:
            raise ValueError(f"{where}: {error} ({_WORDS})") from error
        if not pitches or len(set(pitches)) < len(pitches):
            raise ValueError(f"{where}: {self.words.chord}")
        return _Share(pitches, _MARKS.get(mark, PLAIN))

    def _divide(self, slots: list[tuple[_Share, str]], steps: int, where: str) -> None:
        """Let the slots share so many sixteenths evenly, to the nearest tick."""
        first, ticks = self.tick, steps * TICKS_PER_STEP
        if first + ticks > LONGEST * TICKS_PER_STEP:
            raise ValueError(f"{where}: more than {LONGEST} sixteenths are too many")
        if len(slots) > ticks:
            raise ValueError(f"{where}: {len(slots)} are too many for {steps} sixteenths")
        for number, (slot, at) in enumerate(slots):
            end = first + round(ticks * (number + 1) / len(slots))
            self._put(slot, end, at)
            self.tick = end

    def _put(self, slot: _Share, end: int, where: str) -> None:
        if slot.hold:
            self._hold(end, where)
            return
        # A drum has no length: a hit lasts for a sixteenth, or less where the next one may come sooner.
        until = end if self.drum is None else min(end, self.tick + TICKS_PER_STEP)
        self.sounding = [len(self.notes) + number for number in range(len(slot.pitches))]
        self.notes += [Note(self.tick, until - self.tick, pitch, slot.velocity) for pitch in slot.pitches]

    def _hold(self, end: int, where: str) -> None:
        if self.sounding:
            for number in self.sounding:
                self.notes[number] = replace(self.notes[number], length=end - self.notes[number].start)
        elif self.lead == self.tick:
            self.lead, self.lead_from = end, self.lead_from or where
        else:
            raise ValueError(f"{where}: {HOLD} holds, but no note sounds that it could hold")

    def _tie_to_the_end(self) -> None:
        """What is held at the very beginning is what sounds at the end."""
        if self.lead and not self.sounding:
            raise ValueError(f"{self.lead_from}: {HOLD} holds, but no note sounds at the end that it could hold")
        if self.lead:
            last = [self.notes[number] for number in self.sounding]
            self.notes += [Note(0, self.lead, note.pitch, note.velocity, tied=True) for note in last]

    def _where(self, position: int) -> str:
        step = self.tick // TICKS_PER_STEP
        bar = f"bar {len(self.lines) + 1}, " if self.lines else ""
        start = self.lines[-1].step if self.lines else 0
        row = self.text.count("\n", 0, position) + 1
        line = f"line {row}, " if "\n" in self.text else ""
        return f"{bar}sixteenth {step - start + 1}, {line}column {self._column(position)}"

    def _column(self, position: int) -> int:
        return position - self.text.rfind("\n", 0, position)


def read_tune(text: str) -> WrittenPassage:
    """A tune, such as ``D4 - F4 . | [A3 C4]:4``.

    Raises:
        ValueError: if a word is none of the notation, or a hold has nothing to hold.
    """
    return _Reader(text).read()


def read_contour(text: str) -> WrittenPassage:
    """A contour, such as ``3 - 5 . | [1 8]:4``: its notes have the number of a button, 0 to 7, for a pitch.

    Raises:
        ValueError: if a word is none of the notation, or a hold has nothing to hold.
    """
    return _Reader(text, words=_BUTTONS).read()


def read_drum(text: str, drum: int) -> WrittenPassage:
    """A drum's line, such as ``x..o X.(xxx)``.

    Raises:
        ValueError: if a character is none of the notation.
    """
    return _Reader(text, drum).read()


def read_drums(lines: Mapping[int, str], what: str = "a primer") -> WrittenPassage:
    """The lines of several drums, by drum.

    Raises:
        ValueError: if a line is not as it must be, or they are not equally long; ``what`` is what they are lines of.
    """
    read = [read_drum(text, drum) for drum, text in lines.items()]
    lengths = sorted({one.steps for one in read})
    if len(lengths) > 1:
        listed = " and ".join(map(str, lengths))
        raise ValueError(f"all lines of {what} are equally long; these have {listed} sixteenths")
    notes = (note for one in read for note in one.notes)
    return WrittenPassage(
        tuple(sorted(notes)), max(lengths, default=0), tuple(line for one in read for line in one.lines)
    )


def _steps(written: str | None, where: str, otherwise: int) -> int:
    if written is None:
        return otherwise
    if not written or not 1 <= (steps := int(written[:9])) <= LONGEST:
        raise ValueError(f"{where}: after the colon stands a number of sixteenths from 1 on, such as :4")
    return steps


def _astray(sign: str) -> str:
    match sign[0]:
        case "(":
            return "a ( stands within ( )"
        case ")":
            return "a ) closes nothing"
        case "|":
            return "a bar line stands within ( )"
        case "[" | "]":
            return "a chord is written like [C4 E4 G4], in one bar and with both brackets"
        case _:
            return f"{sign[0]!r} stands alone; a length is written behind what has it, such as D4:8"
