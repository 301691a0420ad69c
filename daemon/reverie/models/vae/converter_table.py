"""Which converter a configuration of MusicVAE speaks through."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reverie.models.errors import ModelError
from reverie.models.vae.converters import Drums, Melodies, Trios
from reverie.models.vae.grooves import CLOSED_HI_HAT, Grooves

Converter = Melodies | Drums | Trios | Grooves

_SHORT, _LONG = 2, 16

CONVERTERS: Mapping[str, Callable[[], Converter]] = {
    "cat-mel_2bar_small": lambda: Melodies(_SHORT),
    "cat-mel_2bar_big": lambda: Melodies(_SHORT),
    "cat-drums_2bar_small": lambda: Drums(_SHORT),
    "cat-drums_2bar_big": lambda: Drums(_SHORT),
    "groovae_2bar_humanize": lambda: Grooves(_SHORT, humanize=True),
    "groovae_2bar_tap_fixed_velocity": lambda: Grooves(_SHORT, tap=True, fixed_velocity=True),
    "groovae_2bar_add_closed_hh": lambda: Grooves(_SHORT, add=(CLOSED_HI_HAT,)),
    "flat-trio_16bar": lambda: Trios(_LONG),
    "hierdec-trio_16bar": lambda: Trios(_LONG),
    "hier-trio_16bar": lambda: Trios(_LONG),
    "flat-mel_16bar": lambda: Melodies(_LONG),
    "hierdec-mel_16bar": lambda: Melodies(_LONG),
    "hier-mel_16bar": lambda: Melodies(_LONG),
}


def converter_of(config: str) -> Converter:
    """The converter of a configuration.

    Raises:
        ModelError: if it is none of MusicVAE's.
    """
    try:
        return CONVERTERS[config]()
    except KeyError:
        raise ModelError(f"{config} is no configuration of MusicVAE; known are {', '.join(CONVERTERS)}") from None
