"""Several voices as a stream of events, and the encoding of Magenta's Polyphony RNN.

Within a step come the pitches that sound, from high to low, each as begun or as held; then the step ends. What is not
held has ended.

Sources: ``polyphony_lib`` and ``polyphony_encoder_decoder`` of Magenta 2.1.4, after BachBot (Liang 2016).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

from reverie.models.encodings.base import Encoding
from reverie.models.encodings.onehot import OneHot
from reverie.music.notes import MAX_MIDI, Note


class Kind(IntEnum):
    """What an event is."""

    START = 0
    END = 1
    STEP_END = 2
    NEW_NOTE = 3
    CONTINUED_NOTE = 4


class PolyphonicEvent(NamedTuple):
    """One event; ``pitch`` is that of a note, and 0 where there is none."""

    kind: Kind
    pitch: int = 0


START = PolyphonicEvent(Kind.START)
"""The first event of a piece: a model that has no primer begins with it."""
END = PolyphonicEvent(Kind.END)
STEP_END = PolyphonicEvent(Kind.STEP_END)


class PolyphonyAlphabet:
    """Start, end, end of step; notes that begin, and notes that are held. Magenta's ``PolyphonyOneHotEncoding``."""

    def __init__(self) -> None:
        pitched = (Kind.NEW_NOTE, Kind.CONTINUED_NOTE)
        self._events = (
            *(START, END, STEP_END),
            *(PolyphonicEvent(kind, pitch) for kind in pitched for pitch in range(MAX_MIDI + 1)),
        )
        self._index = {event: index for index, event in enumerate(self._events)}
        self.size = len(self._events)
        self.default = STEP_END

    def encode(self, event: PolyphonicEvent) -> int:
        """The class of an event.

        Raises:
            ValueError: if it is no event.
        """
        try:
            return self._index[event]
        except KeyError:
            raise ValueError(f"{event} is no event of polyphony; a note's pitch is 0 to {MAX_MIDI}") from None

    def decode(self, index: int) -> PolyphonicEvent:
        """The event that stands for a class."""
        return self._events[index]


ENCODINGS: Mapping[str, Callable[[], Encoding[PolyphonicEvent, Any]]] = {
    "polyphony": lambda: OneHot(PolyphonyAlphabet()),
}
"""The encoding of each configuration."""


def events_of(notes: Iterable[Note], steps: int, begin: int = 0) -> tuple[PolyphonicEvent, ...]:
    """Notes from START to END; equal to Magenta's ``PolyphonicSequence`` of a quantized sequence.

    Args:
        notes: in steps, in any order; those that start before ``begin`` are left out.
        steps: the step at which the music ends.
        begin: the step at which it begins.
    """
    beginning: defaultdict[int, list[int]] = defaultdict(list)
    ending: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for note in notes:
        if note.start >= begin:
            beginning[note.start].append(note.pitch)
            ending[note.end][note.pitch] += 1
    events = [START]
    sounding: Counter[int] = Counter()  # one pitch may sound several times over
    for step in range(begin, steps):
        sounding -= ending[step]
        held = [PolyphonicEvent(Kind.CONTINUED_NOTE, pitch) for pitch in sounding.elements()]
        new = [PolyphonicEvent(Kind.NEW_NOTE, pitch) for pitch in beginning[step]]
        events += sorted(held + new, key=lambda event: -event.pitch)
        events.append(STEP_END)
        sounding.update(beginning[step])
    events.append(END)
    return tuple(events)


def notes_of(events: Iterable[PolyphonicEvent], velocity: int = 100, start: int = 0) -> tuple[Note, ...]:
    """The notes of a piece that begins at step ``start``; equal to Magenta's ``PolyphonicSequence.to_sequence``.

    What still sounds at the end ends there, and a step that was not ended counts as one. As in Magenta, a note that is
    held without having begun is not heard, nor are START and END on the way.
    """
    notes: list[Note] = []
    sounding: list[tuple[int, int]] = []  # pitch and first step, in the order of their beginning
    held: Counter[int] = Counter()
    new: list[tuple[int, int]] = []
    step = start

    def end_step() -> None:
        nonlocal sounding, new, step
        still: list[tuple[int, int]] = []
        # Of a pitch that sounds several times over, the earliest ends first.
        for pitch, since in reversed(sounding):
            if held[pitch]:
                held[pitch] -= 1
                still.append((pitch, since))
            else:
                notes.append(Note(since, step - since, pitch, velocity))
        sounding = still[::-1] + new
        new = []
        held.clear()
        step += 1

    for kind, pitch in events:
        if kind is Kind.NEW_NOTE:
            new.append((pitch, step))
        elif kind is Kind.CONTINUED_NOTE:
            held[pitch] += 1
        elif kind is Kind.STEP_END:
            end_step()
    if new or held:
        end_step()
    end_step()
    return tuple(sorted(notes))
