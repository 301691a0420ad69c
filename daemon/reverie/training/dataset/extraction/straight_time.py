# pyright: basic
# note_seq has no types.
"""Time as a score counts it: what was read in seconds is laid on an even beat, and bars are counted from bar lines.

Magenta's own pipelines part a piece wherever its tempo changes, so that a ritardando ends one passage and the next
begins in the middle of a bar. Here only a change of metre parts a piece.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from note_seq import sequences_lib

_QPM = 120.0
"""The even tempo. It is note_seq's default, and a sixteenth lasts an eighth of a second: exact in binary."""
_NEAR = 1e-3
"""Quarters that rounding may have moved a bar line by."""
_DEFAULT_METRE = (4, 4)
_KEYBOARDS = range(8)
"""General MIDI's pianos."""


class MetreSection(NamedTuple):
    """A stretch of one metre in even time; it begins on a bar line."""

    metre: str
    sequence: Any


class TempoMap:
    """Seconds as quarters and back, through the changes of tempo of a NoteSequence."""

    def __init__(self, sequence: Any) -> None:
        changes = {0.0: _QPM}
        for tempo in sorted(sequence.tempos, key=lambda tempo: tempo.time):
            if tempo.qpm > 0:
                changes[max(0.0, tempo.time)] = tempo.qpm
        self._seconds = list(changes)
        self._rates = [qpm / 60 for qpm in changes.values()]
        self._quarters = [0.0]
        for (before, after), rate in zip(
            zip(self._seconds, self._seconds[1:], strict=False), self._rates, strict=False
        ):
            self._quarters.append(self._quarters[-1] + (after - before) * rate)

    def quarters(self, seconds: float) -> float:
        """How many quarters have gone by after so many seconds."""
        number = bisect_right(self._seconds, seconds) - 1
        return self._quarters[number] + (seconds - self._seconds[number]) * self._rates[number]

    def seconds(self, quarters: float) -> float:
        """When so many quarters have gone by."""
        number = bisect_right(self._quarters, quarters) - 1
        return self._seconds[number] + (quarters - self._quarters[number]) / self._rates[number]


class MetreChange(NamedTuple):
    """From ``quarters`` on bars are of this time signature."""

    quarters: float
    numerator: int
    denominator: int

    @property
    def bar(self) -> float:
        """The quarters of a bar."""
        return 4 * self.numerator / self.denominator


def metre_changes(sequence: Any, tempos: TempoMap) -> list[MetreChange]:
    """The time signatures of a piece, from its beginning on; 4/4 until the first that is written.

    A bar that is shorter than those that follow and stands before them alone is a pickup: it is counted as the end of a
    whole bar, so it has no time signature of its own, and the first bar line lies before the beginning.
    """
    changes = [MetreChange(0.0, *_DEFAULT_METRE)]
    for signature in sorted(sequence.time_signatures, key=lambda signature: signature.time):
        change = MetreChange(tempos.quarters(max(0.0, signature.time)), signature.numerator, signature.denominator)
        if not change.numerator or not change.denominator:
            continue
        if change.quarters - changes[-1].quarters < _NEAR:
            changes[-1] = change._replace(quarters=changes[-1].quarters)
        elif change[1:] != changes[-1][1:]:
            changes.append(change)
    if len(changes) > 1:
        first, second = changes[:2]
        if abs(second.quarters - first.bar) < _NEAR and first.bar < second.bar:
            changes[:2] = [second._replace(quarters=second.quarters - second.bar)]
    return changes


def metre_sections(sequence: Any) -> Iterator[MetreSection]:
    """The stretches of one metre that a piece has, in even time; notes held into the next end where it begins."""
    tempos = TempoMap(sequence)
    changes = metre_changes(sequence, tempos)
    straight, _ = sequences_lib.adjust_notesequence_times(
        sequence, lambda seconds: (tempos.quarters(seconds) - changes[0].quarters) * 60 / _QPM
    )
    for annotation in straight.text_annotations:
        annotation.time = (tempos.quarters(annotation.time) - changes[0].quarters) * 60 / _QPM
    del straight.tempos[:], straight.time_signatures[:]
    straight.tempos.add(qpm=_QPM)
    for change in changes:
        straight.time_signatures.add(
            time=(change.quarters - changes[0].quarters) * 60 / _QPM,
            numerator=change.numerator,
            denominator=change.denominator,
        )
    for part in sequences_lib.split_note_sequence_on_time_changes(straight):
        signature = part.time_signatures[0] if part.time_signatures else None
        metre = f"{signature.numerator}/{signature.denominator}" if signature else "/".join(map(str, _DEFAULT_METRE))
        yield MetreSection(metre, part)


def bar_lines(changes: Sequence[MetreChange], tempos: TempoMap, seconds: float) -> Iterator[tuple[float, str]]:
    """When each bar begins, in seconds, and its metre, until the end of a piece; the first may lie before it."""
    end = tempos.quarters(seconds)
    for number, change in enumerate(changes):
        until = changes[number + 1].quarters if number + 1 < len(changes) else end
        count = 0
        while (line := change.quarters + count * change.bar) < until - _NEAR:
            yield max(0.0, tempos.seconds(max(0.0, line))), f"{change.numerator}/{change.denominator}"
            count += 1


def spread_chords(quantized: Any) -> None:
    """Part chord symbols that stand at one step, in place: they share the steps until the next note, in their order.

    Scores write two chords over a long note at its beginning, one after the other. Magenta leaves such a piece out,
    whole: of OpenEWLD more than a third. Where there are fewer steps than chords, the last one stays.
    """
    chords = [one for one in quantized.text_annotations if one.annotation_type == one.CHORD_SYMBOL]
    others = [one for one in quantized.text_annotations if one.annotation_type != one.CHORD_SYMBOL]
    together: dict[int, list[Any]] = {}
    for chord in sorted(chords, key=lambda chord: chord.time):
        same = together.setdefault(chord.quantized_step, [])
        if not same or same[-1].text != chord.text:
            same.append(chord)
    onsets = sorted({note.quantized_start_step for note in quantized.notes} | set(together))
    kept: list[Any] = []
    for step, same in together.items():
        number = bisect_right(onsets, step)
        free = (onsets[number] if number < len(onsets) else max(quantized.total_quantized_steps, step + 1)) - step
        if free < len(same):
            del same[:-1]
        for place, chord in enumerate(same):
            chord.quantized_step = step + place * free // len(same)
        kept += same
    found = [type(one).FromString(one.SerializeToString()) for one in [*others, *kept]]
    del quantized.text_annotations[:]
    quantized.text_annotations.extend(found)


def harmonic_part(sequence: Any) -> Any:
    """The part that has all voices: the pianos where there are any, else everything that is no drum.

    A song's piano is a piece without its singer; a quartet is none without its cello. All notes are of one program
    then, as Magenta's extractors want.
    """
    part = type(sequence)()
    part.CopyFrom(sequence)
    notes = [note for note in sequence.notes if not note.is_drum]
    pianos = [note for note in notes if note.program in _KEYBOARDS]
    del part.notes[:]
    part.notes.extend(pianos or notes)
    for note in part.notes:
        note.program = 0
    return part
