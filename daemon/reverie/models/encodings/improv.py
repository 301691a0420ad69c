"""The configurations of Magenta's Improv RNN: a melody, given the chord symbol under each event.

Source: ``improv_rnn_model`` of Magenta 2.1.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reverie.models.encodings.base import Conditional, Encoding
from reverie.models.encodings.chord_alphabet import ChordAlphabet, ChordPitches
from reverie.models.encodings.key_melody import KeyMelody
from reverie.models.encodings.melody import MelodyAlphabet
from reverie.models.encodings.melody_notes import Register
from reverie.models.encodings.onehot import OneHot, OneHotControl

REGISTER = Register(48, 84)
"""Where melodies should lie. They keep their key: chords and melody were learnt in all twelve."""

ENCODINGS: Mapping[str, Callable[[], Encoding[int, Any]]] = {
    "basic_improv": lambda: Conditional(OneHotControl(ChordAlphabet()), OneHot(MelodyAlphabet(REGISTER))),
    "attention_improv": lambda: Conditional(OneHotControl(ChordAlphabet()), KeyMelody(REGISTER)),
    "chord_pitches_improv": lambda: Conditional(ChordPitches(), OneHot(MelodyAlphabet(REGISTER))),
}
"""The encoding of each configuration; the control is a chord symbol."""
