# pyright: basic
# TensorFlow, note_seq and Magenta have no types.
"""What makes examples of pieces: one source for each of Magenta's families, all used in the same way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from magenta.pipelines import pipelines_common
from magenta.pipelines import statistics as magenta_statistics


@dataclass(frozen=True, slots=True)
class EncodedExample:
    """One SequenceExample, and what the census wants to know of it.

    Attributes:
        record: the bytes of the SequenceExample.
        events: how many events a model is asked for.
        metre: such as ``7/8``.
        bars: how long it is.
        pitches: of the notes that begin in it.
        steadiness: how like its bars are to those before, from 0 to 1; None where it has no two bars.
    """

    record: bytes
    events: int
    metre: str
    bars: float
    pitches: tuple[int, ...]
    steadiness: float | None = None


Cut = Callable[[], Iterable[EncodedExample]]
"""A window that has not been encoded yet; there may be more of them than there is room for."""


class ExampleSource(Protocol):
    """Makes examples of the pieces of one family."""

    @property
    def format(self) -> int:
        """Raised when the same piece gives other examples than before, in this family only."""
        ...

    @property
    def keys(self) -> tuple[int, ...]:
        """By how many semitones a piece is transposed besides; none where the encoder settles the key."""
        ...

    @property
    def stretches(self) -> tuple[float, ...]:
        """By what factors a piece is stretched besides; none where time is counted in sixteenths."""
        ...

    def cuts(self, sequence: Any, left_out: Counter[str]) -> Iterator[Cut]:
        """The windows of a piece, which begin on bar lines.

        Args:
            sequence: a NoteSequence in seconds.
            left_out: is told what is left out, and why.
        """
        ...


_REASONS = {
    "drum_tracks_discarded_too_short": "a drum part has no second bar",
    "melodies_discarded_too_short": "a melody has no second bar",
    "melodies_discarded_too_few_pitches": "a melody has too few different pitches",
    "polyphonic_tracks_discarded": "a part is polyphonic, so it is no melody",
    "polyphonic_tracks_discarded_too_short": "a part is shorter than 5 bars",
    "coincident_chords": "two chords stand at one place",
    "empty_chord_progressions": "a melody has no chords",
    "performances_discarded_too_short": "a passage has fewer than 32 events",
    "performance_discarded_too_many_time_shift_steps": "a performance has a longer rest than its encoding",
    "performance_discarded_too_many_duration_steps": "a performance has a longer note than its encoding",
}
"""Magenta's statistics in words; others count what was kept."""


def note_statistics(statistics: Iterable[Any], left_out: Counter[str]) -> None:
    """Add what Magenta's extractors say that they left out."""
    for statistic in statistics:
        if isinstance(statistic, magenta_statistics.Counter) and statistic.name in _REASONS and statistic.count:
            left_out[_REASONS[statistic.name]] += statistic.count


def serialized(example: Any) -> bytes:
    """A SequenceExample as bytes, always the same."""
    return example.SerializeToString(deterministic=True)


def encoded(inputs: Any, labels: Any) -> bytes:
    """Inputs and labels as the bytes of a SequenceExample."""
    return serialized(pipelines_common.make_sequence_example(inputs, labels))
