"""The seam between music and a recurrent model: events become input vectors, classes become events.

note_seq's encoders look a sequence up from its beginning at every position. These read it forwards, once: what they
must remember is a small immutable *state*, so that a loop can be continued without its history, and a beam can fork.
"""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, Protocol, TypeVar

Event = TypeVar("Event")
State = TypeVar("State")

Label = int | tuple[int, ...]
"""A class index; one for each head where a model has several."""


class Hot(NamedTuple):
    """The entries of an input vector that are not zero: places in ascending order, and what stands there."""

    places: tuple[int, ...]
    values: tuple[float, ...]

    def after(self, offset: int) -> Hot:
        """The same entries in a longer vector, ``offset`` places further on."""
        return Hot(tuple([place + offset for place in self.places]), self.values)

    def __or__(self, other: Hot) -> Hot:
        """Both vectors as one; the other's places must come after this one's."""
        return Hot(self.places + other.places, self.values + other.values)


class Encoding(Protocol[Event, State]):
    """How a model hears and says events; equal to note_seq's ``EventSequenceEncoderDecoder`` of the same name.

    For the events ``e0 .. en`` pushed so far, :meth:`input` is note_seq's ``events_to_input(events, n)``,
    :meth:`label` is ``events_to_label(events + [event], n + 1)`` and :meth:`event` is
    ``class_index_to_event(label, events)``.
    """

    @property
    def input_size(self) -> int:
        """Length of an input vector, that of :attr:`control` included."""
        ...

    @property
    def classes(self) -> tuple[int, ...]:
        """How many classes each head of the model has; most models have one head."""
        ...

    @property
    def default_event(self) -> Event:
        """What happens where nothing else does."""
        ...

    def start(self) -> State:
        """Nothing has happened yet."""
        ...

    def push(self, state: State, event: Event) -> State:
        """One event later.

        Raises:
            ValueError: if the encoding has no such event.
        """
        ...

    def input(self, state: State, control: Any = None) -> Hot:
        """What the model hears next.

        Args:
            state: after at least one event.
            control: what the *coming* event is conditioned on, such as the chord under it; None for an encoding
                without conditions.
        """
        ...

    def label(self, state: State, event: Event) -> Label:
        """The class of ``event`` if it comes next.

        Raises:
            ValueError: if the encoding has no such event.
        """
        ...

    def event(self, state: State, label: Label) -> Event:
        """The event that a class means here."""
        ...


class ControlEncoding(Protocol):
    """Encodes what a model is conditioned on: a chord, a density; one value for each event."""

    @property
    def size(self) -> int:
        """Length of the vector."""
        ...

    def encode(self, value: Any) -> Hot:
        """The vector of one value.

        Raises:
            ValueError: if it is no such value.
        """
        ...


class Conditional(Generic[Event, State]):
    """An encoding under a condition: the control of the coming event stands before the events of the past.

    Equal to note_seq's ``ConditionalEventSequenceEncoderDecoder``.
    """

    def __init__(self, control: ControlEncoding, target: Encoding[Event, State]) -> None:
        self.control = control
        self.target = target
        self.input_size = control.size + target.input_size
        self.classes = target.classes
        self.default_event = target.default_event

    def start(self) -> State:
        """Nothing has happened yet."""
        return self.target.start()

    def push(self, state: State, event: Event) -> State:
        """One event later."""
        return self.target.push(state, event)

    def input(self, state: State, control: Any = None) -> Hot:
        """What the model hears next, given the control of the coming event."""
        return self.control.encode(control) | self.target.input(state).after(self.control.size)

    def label(self, state: State, event: Event) -> Label:
        """The class of ``event`` if it comes next."""
        return self.target.label(state, event)

    def event(self, state: State, label: Label) -> Event:
        """The event that a class means here."""
        return self.target.event(state, label)
