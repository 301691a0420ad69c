"""Performances: notes on and off, shifts of time and velocities, one event at a time.

Oore, Simon, Dieleman, Eck, Simonyan: "This Time with Feeling: Learning Expressive Musical Performance" (2018). Time is
in steps, a hundred a second; how loud a note is, is said by the last velocity event before it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reverie.music.notes import MAX_MIDI, Note

NOTE_ON = 1
NOTE_OFF = 2
TIME_SHIFT = 3
VELOCITY = 4

STEPS_PER_SECOND = 100
MAX_SHIFT = 100
"""The longest shift of time that one event can say, in steps."""

_KINDS = {NOTE_ON: "note on", NOTE_OFF: "note off", TIME_SHIFT: "time shift", VELOCITY: "velocity"}


class PerformanceEvent(NamedTuple):
    """What happens: a kind, and a pitch, a number of steps or a velocity bin from 1."""

    kind: int
    value: int

    def __str__(self) -> str:
        return f"{_KINDS.get(self.kind, self.kind)} {self.value}"


class PerformanceAlphabet:
    """Notes on, notes off, time shifts, velocities, in this order; note_seq's ``PerformanceOneHotEncoding``."""

    def __init__(self, velocity_bins: int = 0, max_shift: int = MAX_SHIFT) -> None:
        """Number the events.

        Args:
            velocity_bins: 0 for performances without velocities.
            max_shift: the longest time shift, in steps.
        """
        ranges = (
            (NOTE_ON, range(MAX_MIDI + 1)),
            (NOTE_OFF, range(MAX_MIDI + 1)),
            (TIME_SHIFT, range(1, max_shift + 1)),
            (VELOCITY, range(1, velocity_bins + 1)),
        )
        self.events = tuple(PerformanceEvent(kind, value) for kind, values in ranges for value in values)
        self.size = len(self.events)
        self.default = PerformanceEvent(TIME_SHIFT, max_shift)
        self._classes = {event: index for index, event in enumerate(self.events)}

    def encode(self, event: PerformanceEvent) -> int:
        """The class of ``event``.

        Raises:
            ValueError: if there is no such event here, such as a velocity where there are no velocity bins.
        """
        try:
            return self._classes[event]
        except KeyError:
            raise ValueError(f"a performance of {self.size} kinds of event has no {event}") from None

    def decode(self, index: int) -> PerformanceEvent:
        """The event of a class."""
        return self.events[index]


def velocity_bin(velocity: int, bins: int) -> int:
    """The bin, from 1, of a MIDI velocity where there are ``bins``."""
    return (velocity - 1) // -(-MAX_MIDI // bins) + 1


def bin_velocity(number: int, bins: int) -> int:
    """The softest MIDI velocity of a bin."""
    return 1 + (number - 1) * -(-MAX_MIDI // bins)


def events_of(
    notes: Iterable[Note], *, velocity_bins: int = 0, max_shift: int = MAX_SHIFT, start: int = 0
) -> tuple[PerformanceEvent, ...]:
    """Notes as a performance; equal to note_seq's ``Performance`` of a quantized sequence.

    Args:
        notes: starts and lengths in steps.
        velocity_bins: 0 for a performance without velocities.
        max_shift: the longest time shift; for note_seq's ``MetricPerformance`` four quarters.
        start: the performance begins at this step; earlier notes are left out.
    """
    kept = sorted((note for note in notes if note.start >= start), key=lambda note: (note.start, note.pitch))
    onsets = [(note.start, place, False) for place, note in enumerate(kept)]
    offsets = [(note.end, place, True) for place, note in enumerate(kept)]
    now, loudness = start, 0
    events: list[PerformanceEvent] = []
    for step, place, is_over in sorted(onsets + offsets):
        events += _shifts(step - now, max_shift)
        now = step
        note = kept[place]
        if velocity_bins and not is_over and (heard := velocity_bin(note.velocity, velocity_bins)) != loudness:
            loudness = heard
            events.append(PerformanceEvent(VELOCITY, loudness))
        events.append(PerformanceEvent(NOTE_OFF if is_over else NOTE_ON, note.pitch))
    return tuple(events)


def notes_of(
    events: Iterable[PerformanceEvent], *, velocity_bins: int = 0, velocity: int = 100, longest: int | None = None
) -> tuple[Note, ...]:
    """A performance as notes, sorted; equal to note_seq's ``Performance.to_sequence``.

    A note off without a note is ignored, a note without length is left out, and what is never ended ends with the
    performance.

    Args:
        events: a model says what it likes, so any sequence is a performance.
        velocity_bins: as in :func:`events_of`.
        velocity: of notes before the first velocity event.
        longest: notes are cut to so many steps.

    Raises:
        ValueError: if there is a velocity though ``velocity_bins`` is 0.
    """
    return tuple(
        sorted(
            Note(start, end - start if longest is None else min(end - start, longest), pitch, loudness)
            for start, end, pitch, loudness in _spans(events, velocity_bins, velocity)
            if end > start
        )
    )


def _spans(
    events: Iterable[PerformanceEvent], velocity_bins: int, velocity: int
) -> Iterator[tuple[int, int, int, int]]:
    """Start, end, pitch and velocity of each note; of notes of one pitch, the first to start is the first to end."""
    now = 0
    sounding: defaultdict[int, deque[tuple[int, int]]] = defaultdict(deque)
    for event in events:
        if event.kind == NOTE_ON:
            sounding[event.value].append((now, velocity))
        elif event.kind == TIME_SHIFT:
            now += event.value
        elif event.kind == VELOCITY:
            if not velocity_bins:
                raise ValueError(f"a performance without velocities has no event {event}")
            velocity = bin_velocity(event.value, velocity_bins)
        elif sounding[event.value]:
            start, loudness = sounding[event.value].popleft()
            yield start, now, event.value, loudness
    for pitch, starts in sounding.items():
        for start, loudness in starts:
            yield start, now, pitch, loudness


def steps_of(events: Iterable[PerformanceEvent]) -> int:
    """How many steps a performance lasts."""
    return sum(event.value for event in events if event.kind == TIME_SHIFT)


def of_length(
    events: Sequence[PerformanceEvent], steps: int, max_shift: int = MAX_SHIFT
) -> tuple[PerformanceEvent, ...]:
    """A performance lengthened by silence, or cut, to ``steps``; equal to note_seq's ``set_length``."""
    kept = list(events)
    missing = steps - steps_of(kept)
    if missing > 0 and kept and kept[-1].kind == TIME_SHIFT and kept[-1].value < max_shift:
        missing += kept.pop().value
    while missing < 0:
        last = kept.pop()
        if last.kind == TIME_SHIFT:
            missing += last.value
    return (*kept, *_shifts(missing, max_shift))


def _shifts(steps: int, max_shift: int) -> list[PerformanceEvent]:
    """A span of time in as few shifts as can say it, the longest first."""
    whole, rest = divmod(steps, max_shift)
    shifts = [PerformanceEvent(TIME_SHIFT, max_shift)] * whole
    return [*shifts, PerformanceEvent(TIME_SHIFT, rest)] if rest else shifts
