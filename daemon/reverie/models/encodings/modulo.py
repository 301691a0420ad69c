"""Performances whose pitches, shifts and velocities are heard as points on circles.

Neighbours then sound alike to the model, which one-hot vectors cannot say; what it answers is one-hot as ever.
"""

from __future__ import annotations

import math
from typing import Any

from reverie.models.encodings.base import Hot, Label
from reverie.models.encodings.onehot import single
from reverie.models.encodings.performance import (
    MAX_SHIFT,
    NOTE_OFF,
    NOTE_ON,
    TIME_SHIFT,
    VELOCITY,
    PerformanceAlphabet,
    PerformanceEvent,
)
from reverie.music.harmony import OCTAVE

_PITCH_CIRCLE = 144
"""Twelve octaves, though MIDI's last pitch is 127."""

_OFFSETS = {NOTE_ON: 0, NOTE_OFF: 5, TIME_SHIFT: 10, VELOCITY: 13}
"""Where an event of each kind begins: a one, then cosine and sine on each of its circles."""


class ModuloPerformance:
    """The last event on circles; equal to note_seq's ``ModuloPerformanceEventSequenceEncoderDecoder``.

    The state is what the model hears.
    """

    def __init__(self, velocity_bins: int = 0, max_shift: int = MAX_SHIFT) -> None:
        self._alphabet = PerformanceAlphabet(velocity_bins, max_shift)
        self._hots = tuple(_on_circles(event, velocity_bins, max_shift) for event in self._alphabet.events)
        self.input_size = _OFFSETS[VELOCITY] + (3 if velocity_bins else 0)
        self.classes = (self._alphabet.size,)
        self.default_event = self._alphabet.default

    def start(self) -> Hot:
        """Nothing has happened yet."""
        return Hot((), ())

    def push(self, state: Hot, event: PerformanceEvent) -> Hot:  # noqa: ARG002 - only the last event is heard
        """One event later."""
        return self._hots[self._alphabet.encode(event)]

    def input(self, state: Hot, control: Any = None) -> Hot:  # noqa: ARG002 - the Protocol's
        """The last event."""
        return state

    def label(self, state: Hot, event: PerformanceEvent) -> int:  # noqa: ARG002 - the Protocol's
        """The class of ``event``, whatever came before."""
        return self._alphabet.encode(event)

    def event(self, state: Hot, label: Label) -> PerformanceEvent:  # noqa: ARG002 - the Protocol's
        """The event of a class, whatever came before."""
        return self._alphabet.decode(single(label))


def _on_circles(event: PerformanceEvent, velocity_bins: int, max_shift: int) -> Hot:
    if event.kind == TIME_SHIFT:
        circles = [(event.value - 1, max_shift)]
    elif event.kind == VELOCITY:
        circles = [(event.value - 1, velocity_bins)]
    else:
        circles = [(event.value, _PITCH_CIRCLE), (event.value % OCTAVE, OCTAVE)]
    values = [1.0]
    for place, size in circles:
        angle = place * 2.0 * math.pi / size
        values += [math.cos(angle), math.sin(angle)]
    entries = [(_OFFSETS[event.kind] + place, value) for place, value in enumerate(values) if value]
    return Hot(tuple(place for place, _ in entries), tuple(value for _, value in entries))
