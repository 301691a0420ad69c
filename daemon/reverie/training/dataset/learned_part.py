# pyright: basic
# NoteSequences have no types.
"""Which part of a piece is learned from: its tune, its bass, or every line that there is.

Whatever names a file gives its parts, what they are is said by General MIDI's programs and by how high they lie:

- The **tune** is the singer's; without a singer, that of the first part that is one line; of keyboards alone, the top
  of the highest hand.
- The **bass** is that of a bass program; without one, the bottom of the keyboards' lowest hand; without keyboards, the
  lowest part that is one line: the cello of a quartet. A single line is a tune, and has no bass.

Where notes of the part sound together, a tune is the highest of them and a bass the lowest, and whatever begins under
a held tune, or over a held bass, is accompaniment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from reverie.training.recipes import LearnedPart

_KEYBOARDS = frozenset((*range(8), *range(16, 24), 46))
"""General MIDI's pianos and organs; and the harp, which has two staves like them."""
_BASSES = frozenset((*range(32, 40), 43))
"""Its basses, and the double bass."""
_VOICES = frozenset((52, 53, 54, 85))
_SINGERS = ("voice", "vocal", "singer", "singstimme", "gesang", "chant", "canto", "soprano", "tenor", "ténor")
"""What scores call a singer, whatever program plays the part."""
_TOGETHER = 0.1
"""A part is one line if no larger share of its notes begins while another sounds."""


def part_of(sequence: Any, part: LearnedPart) -> Any:
    """A piece without what is not learned from; itself if all is. Nothing is left of a piece that has no such part."""
    if part == "any":
        return sequence
    chosen = (_tune if part == "tune" else _bass)(_instruments(sequence), _names(sequence))
    kept = type(sequence)()
    kept.CopyFrom(sequence)
    del kept.notes[:]
    kept.notes.extend(note for note in sequence.notes if not note.is_drum and note.instrument == chosen)
    return kept


def keep_line(quantized: Any, part: LearnedPart) -> None:
    """Leave, in place, only the line of a part whose notes have steps; what ends later than the next begins is cut."""
    if part == "any":
        return
    sign = 1 if part == "tune" else -1
    line: list[Any] = []
    for note in sorted(quantized.notes, key=lambda note: (note.quantized_start_step, -sign * note.pitch)):
        before = line[-1] if line else None
        if before is None or note.quantized_start_step >= before.quantized_end_step:
            line.append(note)
        elif note.quantized_start_step > before.quantized_start_step and sign * note.pitch > sign * before.pitch:
            before.quantized_end_step = note.quantized_start_step
            line.append(note)
    kept = [type(note).FromString(note.SerializeToString()) for note in line]
    del quantized.notes[:]
    quantized.notes.extend(kept)


def _instruments(sequence: Any) -> dict[int, list[Any]]:
    """The pitched notes of each instrument, in the order of the score."""
    found: dict[int, list[Any]] = {}
    for note in sequence.notes:
        if not note.is_drum:
            found.setdefault(note.instrument, []).append(note)
    return dict(sorted(found.items()))


def _names(sequence: Any) -> dict[int, str]:
    return {info.instrument: info.name.casefold() for info in sequence.instrument_infos}


def _tune(instruments: dict[int, list[Any]], names: dict[int, str]) -> int | None:
    for number, notes in instruments.items():
        if notes[0].program in _VOICES or any(word in names.get(number, "") for word in _SINGERS):
            return number
    others = {one: notes for one, notes in instruments.items() if notes[0].program not in _KEYBOARDS | _BASSES}
    for number, notes in others.items():
        if _is_line(notes):
            return number
    hands = _of_programs(instruments, _KEYBOARDS) or others
    return max(hands, key=lambda one: _height(hands[one]), default=None)


def _bass(instruments: dict[int, list[Any]], _: dict[int, str]) -> int | None:
    found = _of_programs(instruments, _BASSES)
    if not found and (len(instruments) > 1 or not any(map(_is_line, instruments.values()))):
        lines = {one: notes for one, notes in instruments.items() if _is_line(notes)}
        found = _of_programs(instruments, _KEYBOARDS) or lines or instruments
    return min(found, key=lambda one: _height(found[one]), default=None)


def _of_programs(instruments: dict[int, list[Any]], programs: frozenset[int]) -> dict[int, list[Any]]:
    return {one: notes for one, notes in instruments.items() if notes[0].program in programs}


def _height(notes: Sequence[Any]) -> float:
    return sum(note.pitch for note in notes) / len(notes)


def _is_line(notes: Iterable[Any]) -> bool:
    """Whether next to nothing begins while another note sounds."""
    ordered = sorted(notes, key=lambda note: note.start_time)
    until, together = -1.0, 0
    for note in ordered:
        together += note.start_time < until - 1e-6
        until = max(until, note.end_time)
    return together <= _TOGETHER * len(ordered)
