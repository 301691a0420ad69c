"""Primers: what a model hears before it composes."""

from __future__ import annotations

from collections.abc import Mapping

from reverie.music.notation import WrittenPassage, read_drum, read_drums, read_tune

Primer = WrittenPassage
_ANY_DRUM = 0


def parse_pattern(text: str) -> str:
    """A drum's line, checked by itself, so that a fault is told where it stands.

    Raises:
        ValueError: if it is none.
    """
    read_drum(text, _ANY_DRUM)
    return text


def drum_primer(lines: Mapping[int, str]) -> WrittenPassage:
    """Lines by drum as a primer.

    Raises:
        ValueError: if they are not equally long.
    """
    return read_drums(lines)


def tune_primer(text: str) -> WrittenPassage:
    """A tune as a primer.

    Raises:
        ValueError: if it is none, or begins with a hold: nothing sounds before it.
    """
    passage = read_tune(text)
    if any(note.tied for note in passage.notes):
        raise ValueError("sixteenth 1, column 1: - holds, but no note sounds that it could hold")
    return passage
