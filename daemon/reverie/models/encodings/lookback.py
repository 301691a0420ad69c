"""Events with their metric place and what happened some bars ago, which the model may repeat.

Source: the Lookback RNN, https://magenta.tensorflow.org/2016/07/15/lookback-rnn-attention-rnn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from reverie.models.encodings.base import Hot, Label
from reverie.models.encodings.onehot import Alphabet, single

Event = TypeVar("Event")

ONE_AND_TWO_BARS = (16, 32)
"""The usual distances, in sixteenths of 4/4."""


class EventHistory(NamedTuple):
    """How many events there were, and the latest of them: no more than can still matter."""

    length: int
    events: tuple[Any, ...]


def counter_values(bits: int) -> tuple[tuple[float, ...], ...]:
    """The binary counters of each count modulo ``2 ** bits``, least bit first: 1 where a bit is set, else -1."""
    return tuple(tuple(1.0 if count >> bit & 1 else -1.0 for bit in range(bits)) for count in range(1 << bits))


def repeated(events: tuple[Any, ...], distances: Sequence[int], event: Any) -> int | None:
    """The last of ``distances`` at which the event that comes after ``events`` repeats one; None where none does."""
    for number in range(len(distances) - 1, -1, -1):
        if distances[number] <= len(events) and events[-distances[number]] == event:
            return number
    return None


class Lookback(Generic[Event]):
    """Equal to note_seq's ``LookbackEventSequenceEncoderDecoder``.

    An input vector has, in this order: the last event; for each distance, the event that would come next if that
    passage were repeated; the binary counters of the next event's place; for each distance, whether the last event was
    a repetition. Behind the alphabet's classes is one for the repetition over each distance.

    Args:
        alphabet: the events.
        distances: how many events ago.
        bits: how many binary counters.
    """

    def __init__(self, alphabet: Alphabet[Event], distances: Sequence[int] = ONE_AND_TWO_BARS, bits: int = 5) -> None:
        size = alphabet.size
        self.input_size = size * (1 + len(distances)) + bits + len(distances)
        self.classes = (size + len(distances),)
        self.repeats = len(distances)
        self.default_event = alphabet.default
        self._encode = alphabet.encode
        self._decode = alphabet.decode
        self._size = size
        self._distances = tuple(distances)
        self._keep = 1 + max(distances, default=0)
        self._next = tuple((distance, size * (1 + number)) for number, distance in enumerate(distances))
        self._counters = counter_values(bits)
        first = size * (1 + len(distances))
        self._counter_places = tuple(range(first, first + bits))
        self._again = tuple((distance + 1, first + bits + number) for number, distance in enumerate(distances))
        self._ones = (1.0,) * (1 + len(distances))
        self._default_place = alphabet.encode(alphabet.default)

    def start(self) -> EventHistory:
        """Nothing has happened yet."""
        return EventHistory(0, ())

    def push(self, state: EventHistory, event: Event) -> EventHistory:
        """One event later.

        Raises:
            ValueError: if the alphabet has no such event.
        """
        self._encode(event)
        length, events = state
        return EventHistory(length + 1, (*events[1 - self._keep :], event) if self._keep > 1 else (event,))

    def input(self, state: EventHistory, control: Any = None) -> Hot:  # noqa: ARG002 - the Protocol's
        """What the model hears next.

        Raises:
            ValueError: if there was no event yet.
        """
        length, events = state
        if not length:
            raise ValueError("a model hears the event before; push one first")
        last, known = events[-1], len(events)
        places = [self._encode(last)]
        for distance, offset in self._next:
            places.append(offset + (self._encode(events[-distance]) if distance <= known else self._default_place))
        places += self._counter_places
        values = self._ones + self._counters[length % len(self._counters)]
        for back, place in self._again:
            if back <= known and events[-back] == last:
                places.append(place)
                values += (1.0,)
        return Hot(tuple(places), values)

    def label(self, state: EventHistory, event: Event) -> int:
        """The class of ``event`` if it comes next: the furthest repetition, or else its own.

        Before the first event lies, so to speak, nothing but the default event.

        Raises:
            ValueError: if the alphabet has no such event.
        """
        own = self._encode(event)
        distances = self._distances
        if distances and state.length < distances[-1] and event == self.default_event:
            return self._size + len(distances) - 1
        number = repeated(state.events, distances, event)
        return own if number is None else self._size + number

    def own_label(self, event: Event) -> int:
        """The class of ``event`` that says nothing of repetitions.

        Raises:
            ValueError: if the alphabet has no such event.
        """
        return self._encode(event)

    def event(self, state: EventHistory, label: Label) -> Event:
        """The event that a class means here."""
        index = single(label)
        if index < self._size:
            return self._decode(index)
        distance = self._distances[index - self._size]
        return state.events[-distance] if distance <= len(state.events) else self.default_event
