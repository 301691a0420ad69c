"""Melodies as one-hot and lookback encodings, and the configurations of Magenta's Melody RNN.

Sources: ``melody_encoder_decoder`` of note_seq, ``melody_rnn_model`` of Magenta 2.1.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reverie.models.encodings.base import Encoding
from reverie.models.encodings.key_melody import KeyMelody
from reverie.models.encodings.lookback import Lookback
from reverie.models.encodings.melody_notes import NO_EVENT, NOTE_OFF, Register, no_such_event
from reverie.models.encodings.onehot import OneHot

_SPECIAL = (NO_EVENT, NOTE_OFF)


class MelodyAlphabet:
    """No event, note off, and a note on for each pitch of a register; note_seq's ``MelodyOneHotEncoding``."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._events = (*_SPECIAL, *range(register.low, register.high))
        self._index = {event: index for index, event in enumerate(self._events)}
        self.size = len(self._events)
        self.default = NO_EVENT

    def encode(self, event: int) -> int:
        """The class of an event.

        Raises:
            ValueError: if it is outside the register, or no event at all.
        """
        try:
            return self._index[event]
        except KeyError:
            raise no_such_event(event, self._register) from None

    def decode(self, index: int) -> int:
        """The event that stands for a class."""
        return self._events[index]


REGISTERS: Mapping[str, Register] = {
    "basic_rnn": Register(48, 84, key=0),
    "mono_rnn": Register(0, 128),
    "lookback_rnn": Register(48, 84, key=0),
    "attention_rnn": Register(48, 84, key=0),
}
"""Where each configuration wants its melodies to lie."""

ENCODINGS: Mapping[str, Callable[[], Encoding[int, Any]]] = {
    "basic_rnn": lambda: OneHot(MelodyAlphabet(REGISTERS["basic_rnn"])),
    "mono_rnn": lambda: OneHot(MelodyAlphabet(REGISTERS["mono_rnn"])),
    "lookback_rnn": lambda: Lookback(MelodyAlphabet(REGISTERS["lookback_rnn"])),
    "attention_rnn": lambda: KeyMelody(REGISTERS["attention_rnn"]),
}
"""The encoding of each configuration."""


def own_label_of(config: str) -> Callable[[int], int]:
    """What makes the class of an event that says nothing of repetitions, whether the configuration has these or not."""
    encoding = ENCODINGS[config]()
    return (
        encoding.own_label if isinstance(encoding, Lookback | KeyMelody) else MelodyAlphabet(REGISTERS[config]).encode
    )
