"""What a sampler's drum set has beside its sounds: how loud and how high each drum is, and which end each other."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from reverie.music.drums import DRUMS


def _by_key(by_name: Mapping[str, float]) -> Mapping[int, float]:
    return MappingProxyType({DRUMS[name]: value for name, value in by_name.items()})


BALANCE = _by_key({"closed-hat": -10.0, "open-hat": -10.0, "ride": -11.0, "crash": -3.0})
"""dB by key, by which drums are softer than the bass drum where all are struck alike; the others are not.

Measured as banks are (K-weighted, the loudest 0.4 s) of General MIDI's standard set in TimGM6mb: hats are at -11 dB,
the ride at -13, the crash at +1, and snare and toms within 2.
"""
REGISTERS = _by_key(
    {
        "bass": 33,
        "low-tom": 43,
        "mid-tom": 48,
        "high-tom": 53,
        "snare": 55,
        "crash": 81,
        "closed-hat": 84,
        "open-hat": 84,
        "ride": 86,
    }
)
"""The pitch by key at which a sound that is no drum stands for one: about where a drum's own lowest partial lies, and
of what is made of metal as high as a voice or a flute can be sent up without becoming a chirp."""
CHOKES: Mapping[int, int] = MappingProxyType({DRUMS["closed-hat"]: 1, DRUMS["open-hat"]: 1})
"""The group by key of drums of which only one sounds at a time: a hat that is closed is not open any more."""
