"""Performances a note at a time: how long after the note before, its pitch, its velocity and its length.

A shift of time and a length have a thousand values each, too many for one head: each is said in two digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from reverie.models.encodings.base import Hot, Label
from reverie.models.encodings.performance import bin_velocity, velocity_bin
from reverie.music.notes import MAX_MIDI, Note

MAX_SHIFT = 1000
"""How far apart the starts of two notes can be, in steps."""

MAX_LENGTH = 1000


class NoteEvent(NamedTuple):
    """A note: steps since the start of the note before, pitch, velocity bin from 1, length in steps."""

    shift: int
    pitch: int
    velocity: int
    length: int


class NotePerformance:
    """The last note as six one-hot vectors; equal to note_seq's ``NotePerformanceEventSequenceEncoderDecoder``.

    The heads are the two digits of the shift, the pitch, the velocity, and the two digits of the length. The state is
    what the model hears.
    """

    def __init__(self, velocity_bins: int, max_shift: int = MAX_SHIFT, max_length: int = MAX_LENGTH) -> None:
        self._longest_shift, self._longest = max_shift, max_length
        shift_digits = _digits(max_shift + 1)
        length_digits = _digits(max_length)
        self.classes = (*shift_digits, MAX_MIDI + 1, velocity_bins, *length_digits)
        self.input_size = sum(self.classes)
        self.default_event = NoteEvent(0, 60, 1, 1)
        self._velocity_bins = velocity_bins
        self._shift_digit, self._length_digit = shift_digits[1], length_digits[1]
        self._offsets = tuple(sum(self.classes[:head]) for head in range(len(self.classes)))

    def start(self) -> Hot:
        """Nothing has happened yet."""
        return Hot((), ())

    def push(self, state: Hot, event: NoteEvent) -> Hot:
        """One note later.

        Raises:
            ValueError: if a shift or a length is too long, or there is no such pitch or velocity.
        """
        label = self.label(state, event)
        return Hot(tuple(map(int.__add__, self._offsets, label)), (1.0,) * len(label))

    def input(self, state: Hot, control: Any = None) -> Hot:  # noqa: ARG002 - the Protocol's
        """The last note."""
        return state

    def label(self, state: Hot, event: NoteEvent) -> tuple[int, ...]:  # noqa: ARG002 - the Protocol's
        """The classes of ``event``, whatever came before.

        Raises:
            ValueError: if a shift or a length is too long, or there is no such pitch or velocity.
        """
        shift, pitch, velocity, length = event
        if not (
            0 <= shift <= self._longest_shift
            and 0 <= pitch <= MAX_MIDI
            and 1 <= velocity <= self._velocity_bins
            and 1 <= length <= self._longest
        ):
            raise ValueError(
                f"a note comes up to {self._longest_shift} steps after the one before, lasts 1 to {self._longest} "
                f"and has one of {self._velocity_bins} velocities: {event}"
            )
        return (
            *divmod(shift, self._shift_digit),
            pitch,
            velocity - 1,
            *divmod(length - 1, self._length_digit),
        )

    def event(self, state: Hot, label: Label) -> NoteEvent:  # noqa: ARG002 - the Protocol's
        """The note that the heads have chosen.

        Raises:
            TypeError: if the label is of a model with one head.
        """
        if not isinstance(label, tuple):
            raise TypeError(f"this encoding has {len(self.classes)} heads, so its label is not one number, {label}")
        shift, shift_rest, pitch, velocity, length, length_rest = label
        return NoteEvent(
            shift * self._shift_digit + shift_rest,
            pitch,
            velocity + 1,
            length * self._length_digit + length_rest + 1,
        )


def note_events_of(notes: Iterable[Note], *, velocity_bins: int, start: int = 0) -> tuple[NoteEvent, ...]:
    """Notes, in steps, one after another; equal to note_seq's ``NotePerformance``.

    Notes before the step ``start`` are left out. What an encoding is too narrow for, it refuses itself.
    """
    events: list[NoteEvent] = []
    now = start
    for note in sorted(notes, key=lambda note: (note.start, note.pitch)):
        if note.start >= start:
            events.append(
                NoteEvent(note.start - now, note.pitch, velocity_bin(note.velocity, velocity_bins), note.length)
            )
            now = note.start
    return tuple(events)


def notes_of_note_events(events: Iterable[NoteEvent], *, velocity_bins: int) -> tuple[Note, ...]:
    """The notes that were said, sorted; equal to note_seq's ``NotePerformance.to_sequence``."""
    now = 0
    notes: list[Note] = []
    for event in events:
        now += event.shift
        notes.append(Note(now, event.length, event.pitch, bin_velocity(event.velocity, velocity_bins)))
    return tuple(sorted(notes))


def _digits(values: int) -> tuple[int, int]:
    """How many values the first and the second digit have, so that both together have fewest."""
    first = max(size for size in range(1, math.isqrt(values) + 1) if values % size == 0)
    return first, values // first
