"""How examples of MusicVAE's two-bar models are kept: the bytes of what the decoder is to say.

A class takes two bytes, so that 32 sixteenths take 64; of a groove each number has two bytes too, which is exact to
1/4000 of a step.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reverie.models.vae.converter_table import converter_of
from reverie.models.vae.converters import Drums, Melodies, Trios
from reverie.models.vae.grooves import Grooves
from reverie.models.vae.heads import Frames
from reverie.models.vae.wirings import wiring_of
from reverie.training.errors import TrainingError

ROLAND_DRUMS: tuple[tuple[int, ...], ...] = (
    (36,),
    (38, 37, 40),
    (42, 22, 44),
    (46, 26),
    (43, 58),
    (47, 45),
    (50, 48),
    (49, 52, 55, 57),
    (51, 53, 59),
)
"""The kinds of drum as the kit of the Groove MIDI Dataset plays them, from which Magenta's GrooVAEs learn: among others
its middle tom is what General MIDI calls a low one.

Source: ``ROLAND_DRUM_PITCH_CLASSES`` in Magenta 2.1.4, ``magenta/models/music_vae/data.py``.
"""
_CLASSES, _NUMBERS = np.dtype("<u2"), np.dtype("<f2")


TwoBarConverter = Melodies | Drums | Grooves


def training_converter(config: str) -> TwoBarConverter:
    """What makes examples of notes, and hears what is said.

    Raises:
        TrainingError: if the configuration is none that can be trained here.
    """
    converter = converter_of(config)
    if isinstance(converter, Trios):
        raise TrainingError(f"models of the configuration {config} cannot be trained yet")
    return converter.with_kinds(ROLAND_DRUMS) if isinstance(converter, Grooves) else converter


def record_of(config: str, frames: Frames) -> bytes:
    """Frames (steps, width) as bytes."""
    return frames.astype(_dtype(config)).tobytes()


def frames_of(config: str, record: bytes) -> NDArray[np.float32] | NDArray[np.int64]:
    """The frames (steps, width) that :func:`record_of` kept.

    Raises:
        ValueError: if the bytes are no such frames.
    """
    wiring = wiring_of(config)
    frames = np.frombuffer(record, _dtype(config)).reshape(wiring.longest, -1)
    return frames.astype(np.int64) if sum(wiring.cores, ()) else frames.astype(np.float32)


def _dtype(config: str) -> np.dtype[np.uint16] | np.dtype[np.float16]:
    return _CLASSES if sum(wiring_of(config).cores, ()) else _NUMBERS
