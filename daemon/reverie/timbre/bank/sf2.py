"""SoundFonts (SoundFont Technical Specification, version 2.04): a bank as one file with one preset.

Samples have 24 bits: the upper 16 in the chunk ``smpl``, the lower 8 in ``sm24``, which older players pass over.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from reverie.timbre.bank.sfz import RELEASE
from reverie.timbre.bank.wav24 import chunk, whole_numbers
from reverie.timbre.bank.zone import Zone

GUARD = 46
"""Silent samples that the specification wants after each sample."""
_VERSION = struct.pack("<HH", 2, 4)
_RELEASE, _INSTRUMENT, _KEYS, _VELOCITIES, _SAMPLE, _LOOPS, _ROOT = 38, 41, 43, 44, 53, 54, 58
_CONTINUOUS = 1
_MONO = 1
_MOST_TEXT, _MOST_COMMENT, _MOST_NAME = 256, 65_536, 20
_MODULATOR_END = bytes(10)


def sf2_bytes(
    zones: Sequence[Zone], title: str, comments: Sequence[str], licence: str, *, bank: int = 0, program: int = 0
) -> bytes:
    """The bytes of a SoundFont whose only preset is ``program`` of ``bank``; equal arguments give equal bytes."""
    info = [
        chunk(b"ifil", _VERSION),
        chunk(b"isng", _text("EMU8000", _MOST_TEXT)),
        chunk(b"INAM", _text(title, _MOST_TEXT)),
        chunk(b"ICOP", _text(licence, _MOST_TEXT)),
        chunk(b"ICMT", _text("\n".join(comments), _MOST_COMMENT)),
        chunk(b"ISFT", _text("Reverie", _MOST_TEXT)),
    ]
    audio = np.concatenate([np.pad(whole_numbers(zone.sample), (0, GUARD)) for zone in zones])
    audio = np.pad(audio, (0, len(audio) % 2))  # or FluidSynth passes over a chunk sm24 that it finds a byte too short
    low = (audio & 0xFF).astype(np.uint8).tobytes()
    sound = [chunk(b"smpl", (audio >> 8).astype("<i2").tobytes()), chunk(b"sm24", low)]
    pieces = [*_preset(title, bank, program), *_instrument(zones, title), chunk(b"shdr", b"".join(_headers(zones)))]
    lists = ((b"INFO", info), (b"sdta", sound), (b"pdta", pieces))
    return chunk(b"RIFF", b"sfbk" + b"".join(chunk(b"LIST", name + b"".join(parts)) for name, parts in lists))


def _preset(title: str, bank: int, program: int) -> Iterator[bytes]:
    header = struct.Struct("<20sHHHIII")
    yield chunk(
        b"phdr", header.pack(_name(title), program, bank, 0, 0, 0, 0) + header.pack(_name("EOP"), 0, 0, 1, 0, 0, 0)
    )
    yield chunk(b"pbag", struct.pack("<4H", 0, 0, 1, 0))
    yield chunk(b"pmod", _MODULATOR_END)
    yield chunk(b"pgen", struct.pack("<4H", _INSTRUMENT, 0, 0, 0))


def _instrument(zones: Sequence[Zone], title: str) -> Iterator[bytes]:
    generators = [list(_generators(number, zone)) for number, zone in enumerate(zones)]
    bags: list[int] = [0]
    for each in generators:
        bags.append(bags[-1] + len(each))
    header = struct.Struct("<20sH")
    yield chunk(b"inst", header.pack(_name(title), 0) + header.pack(_name("EOI"), len(zones)))
    yield chunk(b"ibag", b"".join(struct.pack("<HH", first, 0) for first in bags))
    yield chunk(b"imod", _MODULATOR_END)
    yield chunk(b"igen", b"".join(one for each in generators for one in each) + bytes(4))


def _generators(number: int, zone: Zone) -> Iterator[bytes]:
    """A zone's generators; its keys must come first, then its velocities, and its sample last."""
    yield struct.pack("<HBB", _KEYS, *zone.keys)
    yield struct.pack("<HBB", _VELOCITIES, *zone.velocities)
    yield struct.pack("<Hh", _RELEASE, round(1200 * math.log2(RELEASE)))
    yield struct.pack("<HH", _LOOPS, 0 if zone.sample.loop is None else _CONTINUOUS)
    yield struct.pack("<HH", _ROOT, zone.sample.pitch)
    yield struct.pack("<HH", _SAMPLE, number)


def _headers(zones: Iterable[Zone]) -> Iterator[bytes]:
    """The samples' headers; samples are in tune, and have no correction."""
    header = struct.Struct("<20s5IBbHH")
    start = 0
    for zone in zones:
        end = start + len(zone.sample.sound.samples)
        loop = zone.sample.loop
        first, last = (start + 8, end - 8) if loop is None else (start + loop.start, start + loop.end)
        name = _name(zone.file.removesuffix(".wav"))
        yield header.pack(name, start, end, first, last, zone.sample.sound.rate, zone.sample.pitch, 0, 0, _MONO)
        start = end + GUARD
    yield header.pack(_name("EOS"), *[0] * 9)


def _text(text: str, most: int) -> bytes:
    """In ASCII, closed by one zero or two, to an even length."""
    said = text.encode("ascii", "replace")[: most - 2] + b"\0"
    return said + b"\0" * (len(said) % 2)


def _name(text: str) -> bytes:
    return text.encode("ascii", "replace")[: _MOST_NAME - 1]
