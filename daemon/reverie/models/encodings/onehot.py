"""One class for each event, and one place in the input vector for each class."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

from reverie.models.encodings.base import Hot, Label

Event = TypeVar("Event")

_NOTHING_YET = -1


class Alphabet(Protocol[Event]):
    """The events that a model knows, numbered; note_seq calls it a ``OneHotEncoding``."""

    @property
    def size(self) -> int:
        """How many classes of events there are."""
        ...

    @property
    def default(self) -> Event:
        """What happens where nothing else does."""
        ...

    def encode(self, event: Event) -> int:
        """The class of an event.

        Raises:
            ValueError: if it is in none.
        """
        ...

    def decode(self, index: int) -> Event:
        """The event that stands for a class."""
        ...


def one_hots(size: int) -> tuple[Hot, ...]:
    """All vectors of that length with a single one, in order."""
    return tuple(Hot((place,), (1.0,)) for place in range(size))


class OneHot(Generic[Event]):
    """The model hears the class of the last event; equal to note_seq's ``OneHotEventSequenceEncoderDecoder``.

    Its state is that class.
    """

    def __init__(self, alphabet: Alphabet[Event]) -> None:
        self.input_size = alphabet.size
        self.classes = (alphabet.size,)
        self.default_event = alphabet.default
        self._encode = alphabet.encode
        self._decode = alphabet.decode
        self._hots = one_hots(alphabet.size)

    def start(self) -> int:
        """Nothing has happened yet."""
        return _NOTHING_YET

    def push(self, state: int, event: Event) -> int:  # noqa: ARG002 - the Protocol's
        """One event later.

        Raises:
            ValueError: if the alphabet has no such event.
        """
        return self._encode(event)

    def input(self, state: int, control: Any = None) -> Hot:  # noqa: ARG002 - the Protocol's
        """What the model hears next.

        Raises:
            ValueError: if there was no event yet.
        """
        if state == _NOTHING_YET:
            raise ValueError("a model hears the event before; push one first")
        return self._hots[state]

    def label(self, state: int, event: Event) -> int:  # noqa: ARG002 - the Protocol's
        """The class of ``event``.

        Raises:
            ValueError: if the alphabet has no such event.
        """
        return self._encode(event)

    def event(self, state: int, label: Label) -> Event:  # noqa: ARG002 - the Protocol's
        """The event that stands for a class.

        Raises:
            TypeError: if the label is of a model with several heads.
        """
        return self._decode(single(label))


class OneHotControl(Generic[Event]):
    """An alphabet as what a model is conditioned on."""

    def __init__(self, alphabet: Alphabet[Event]) -> None:
        self.size = alphabet.size
        self._encode = alphabet.encode
        self._hots = one_hots(alphabet.size)

    def encode(self, value: Event) -> Hot:
        """The vector of one value.

        Raises:
            ValueError: if the alphabet has no such value.
        """
        return self._hots[self._encode(value)]


def single(label: Label) -> int:
    """The class that a model with one head has chosen.

    Raises:
        TypeError: if there are several.
    """
    if isinstance(label, tuple):
        raise TypeError(f"this encoding has one head, so its label is one number, not {label}")
    return label
