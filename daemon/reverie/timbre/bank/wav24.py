"""24-bit WAV files that tell samplers the pitch and the loop of what they hold.

The chunk ``smpl`` is as in Microsoft's "Multimedia Programming Interface and Data Specifications" of 1991 and its
"New Multimedia Data Types" of 1994.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from reverie.timbre.bank.zone import Sample

_FULL = (1 << 23) - 1
_PCM, _CHANNELS, _WIDTH = 1, 1, 3
_NANOSECONDS = 1_000_000_000


def wav_bytes(sample: Sample) -> bytes:
    """A sample as a file: equal samples give equal bytes."""
    rate = sample.sound.rate
    layout = struct.pack("<HHIIHH", _PCM, _CHANNELS, rate, rate * _WIDTH, _WIDTH, 8 * _WIDTH)
    audio = whole_numbers(sample).view(np.uint8).reshape(-1, 4)[:, :_WIDTH].tobytes()
    content = b"WAVE" + chunk(b"fmt ", layout) + chunk(b"smpl", _smpl(sample)) + chunk(b"data", audio)
    return chunk(b"RIFF", content)


def whole_numbers(sample: Sample) -> NDArray[np.int32]:
    """The samples as numbers of 24 bits; what is beyond full scale is at full scale."""
    return np.clip(np.rint(sample.sound.samples.astype(np.float64) * _FULL), -_FULL - 1, _FULL).astype("<i4")


def chunk(name: bytes, content: bytes) -> bytes:
    """A piece of a RIFF file, padded to an even length."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _smpl(sample: Sample) -> bytes:
    """The sound's pitch is a key, without a share of a semitone, which many readers pass over."""
    loops = [] if sample.loop is None else [struct.pack("<6I", 0, 0, sample.loop.start, sample.loop.end - 1, 0, 0)]
    period = round(_NANOSECONDS / sample.sound.rate)
    return struct.pack("<9I", 0, 0, period, sample.pitch, 0, 0, 0, len(loops), 0) + b"".join(loops)
