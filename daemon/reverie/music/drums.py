"""The nine drums of Magenta's drum models, by name and General MIDI number.

Source of the classes: magenta/models/drums_rnn, ``drums_encoder_decoder`` default mapping, of which each class's
first pitch is the one it plays.
"""

from __future__ import annotations

DRUMS: dict[str, int] = {
    "bass": 36,
    "snare": 38,
    "closed-hat": 42,
    "open-hat": 46,
    "low-tom": 45,
    "mid-tom": 48,
    "high-tom": 50,
    "crash": 49,
    "ride": 51,
}
