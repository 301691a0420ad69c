"""Primers as artists write them: a character or a word for each sixteenth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reverie.music.harmony import parse_pitch
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP

HIT, NOTHING = "x", "."
HOLD, REST = "-", "."


@dataclass(frozen=True, slots=True)
class Primer:
    """What a model hears before it composes: notes in ticks from 0, ``steps`` sixteenths long."""

    notes: tuple[Note, ...] = ()
    steps: int = 0


def parse_pattern(text: str) -> str:
    """A drum's pattern, such as ``x... x.x.``, without its spaces.

    Raises:
        ValueError: if it holds anything but hits, nothing and spaces.
    """
    pattern = "".join(text.split())
    for step, character in enumerate(pattern, start=1):
        if character not in {HIT, NOTHING}:
            raise ValueError(f"a pattern is written with {HIT} and {NOTHING}; sixteenth {step} is {character!r}")
    return pattern


def drum_primer(patterns: Mapping[int, str]) -> Primer:
    """Patterns by drum as notes; a drum's note is a sixteenth long.

    Raises:
        ValueError: if the patterns are not equally long.
    """
    lengths = {len(pattern) for pattern in patterns.values()}
    if len(lengths) > 1:
        raise ValueError(f"all patterns of a primer are equally long; these have {_listed(lengths)} sixteenths")
    notes = tuple(
        Note(step * TICKS_PER_STEP, TICKS_PER_STEP, drum)
        for drum, pattern in patterns.items()
        for step, character in enumerate(pattern)
        if character == HIT
    )
    return Primer(tuple(sorted(notes)), max(lengths, default=0))


def tune_primer(text: str) -> Primer:
    """A melody, such as ``D4 - F4 .``, as notes.

    Raises:
        ValueError: if a word is no pitch, or a hold has nothing to hold.
    """
    notes: list[Note] = []
    tokens = text.split()
    for step, token in enumerate(tokens):
        start = step * TICKS_PER_STEP
        if token == HOLD:
            if not notes or notes[-1].end != start:
                raise ValueError(f"sixteenth {step + 1} is {HOLD}, but no note sounds that it could hold")
            last = notes.pop()
            notes.append(Note(last.start, last.length + TICKS_PER_STEP, last.pitch))
        elif token != REST:
            try:
                pitch = parse_pitch(token)
            except ValueError as error:
                raise ValueError(f"sixteenth {step + 1}: {error} ({HOLD} holds, {REST} is a rest)") from error
            notes.append(Note(start, TICKS_PER_STEP, pitch))
    return Primer(tuple(notes), len(tokens))


def _listed(lengths: set[int]) -> str:
    return " and ".join(str(length) for length in sorted(lengths))
