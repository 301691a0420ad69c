"""Samples laid one after the other into one audio file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.browser_sounds.instrument import Instrument, SoundZone
from reverie.browser_sounds.sound_files import hash_of

GUARD = 0.02
"""Seconds of silence after each sample: whoever resamples the file smears a little of a sample over its end."""
PEAK = 0.97
"""Of full scale."""


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """An instrument and the bytes of its audio file."""

    instrument: Instrument
    audio: bytes


def pack(
    title: str, rate: int, samples: Sequence[tuple[SoundZone, NDArray[np.float64]]], release: float, gain: float = 1.0
) -> Packed:
    """The instrument of mono samples of one ``rate``; each zone says of its own all but its place.

    They are made as loud as the file can hold, which ``gain`` makes up for.
    """
    loudest = max((float(np.abs(one).max(initial=0.0)) for _, one in samples), default=0.0) or 1.0
    guard = np.zeros(round(GUARD * rate))
    placed: list[SoundZone] = []
    parts: list[NDArray[np.float64]] = [guard]
    count = len(guard)
    for zone, one in samples:
        placed.append(replace(zone, at=count / rate, seconds=len(one) / rate))
        parts += [one * (PEAK / loudest), guard]
        count += len(one) + len(guard)
    buffer = io.BytesIO()
    sound: Any = soundfile  # its types are incomplete
    sound.write(buffer, np.concatenate(parts), rate, format="FLAC", subtype="PCM_16")
    audio = buffer.getvalue()
    gain = round(gain * loudest / PEAK, 5)
    made = Instrument(
        title, hash_of(audio), round(count / rate, 4), len(audio), tuple(placed), gain=gain, release=release
    )
    return Packed(made, audio)
