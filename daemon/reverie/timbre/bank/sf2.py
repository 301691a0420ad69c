"""SoundFonts (SoundFont Technical Specification, version 2.04): a bank as one file with one preset.

Samples have 24 bits: the upper 16 in the chunk ``smpl``, the lower 8 in ``sm24``, which older players pass over.

The format has no variations that come in turn, and none by chance. What changes from note to note in what a musician
plays is the velocity, so variations alternate by it: each velocity has one of them, and its neighbours the others.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from reverie.timbre.bank.sfz import RELEASE
from reverie.timbre.bank.wav24 import chunk, whole_numbers
from reverie.timbre.bank.zone import Zone, variation_at

GUARD = 46
"""Silent samples that the specification wants after each sample."""
_VERSION = struct.pack("<HH", 2, 4)
_RELEASE, _INSTRUMENT, _KEYS, _VELOCITIES, _SAMPLE, _LOOPS, _CHOKE = 38, 41, 43, 44, 53, 54, 57
_CONTINUOUS = 1
_MONO = 1
_DRUM_RELEASE = 100.0
"""Seconds, the longest that there are: a drum rings out after its key is let go, softer by 1 dB a second."""
_PERCUSSION = 128
"""The bank in which players look for drum sets on their channel 10."""
_MOST_TEXT, _MOST_COMMENT, _MOST_NAME = 256, 65_536, 20
_MODULATOR_END = bytes(10)


def sf2_bytes(
    zones: Sequence[Zone], title: str, comments: Sequence[str], licence: str, *, bank: int = 0, program: int = 0
) -> bytes:
    """The bytes of a SoundFont whose only preset is ``program`` of ``bank``, and of drums that of percussion as well.

    Equal arguments give equal bytes.
    """
    addresses = [(bank, program), (_PERCUSSION, program)] if zones[0].drum else [(bank, program)]
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
    pieces = [*_preset(title, addresses), *_instrument(zones, title), chunk(b"shdr", b"".join(_headers(zones)))]
    lists = ((b"INFO", info), (b"sdta", sound), (b"pdta", pieces))
    return chunk(b"RIFF", b"sfbk" + b"".join(chunk(b"LIST", name + b"".join(parts)) for name, parts in lists))


def _preset(title: str, addresses: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """One preset, found by each of ``addresses``, a bank and a program."""
    header = struct.Struct("<20sHHHIII")
    presets = [
        header.pack(_name(title), program, bank, number, 0, 0, 0) for number, (bank, program) in enumerate(addresses)
    ]
    count = len(presets)
    yield chunk(b"phdr", b"".join(presets) + header.pack(_name("EOP"), 0, 0, count, 0, 0, 0))
    yield chunk(b"pbag", b"".join(struct.pack("<HH", number, 0) for number in range(count + 1)))
    yield chunk(b"pmod", _MODULATOR_END)
    yield chunk(b"pgen", struct.pack("<HH", _INSTRUMENT, 0) * count + bytes(4))


def _instrument(zones: Sequence[Zone], title: str) -> Iterator[bytes]:
    """All zones; what they have in common stands once before them, since the lists hold 65,535 entries at most."""
    release = _DRUM_RELEASE if zones[0].drum else RELEASE
    generators = [[struct.pack("<Hh", _RELEASE, round(1200 * math.log2(release)))]]
    generators += [[*_generators(number, zone, velocities)] for number, zone, velocities in _stripes(zones)]
    bags: list[int] = [0]
    for each in generators:
        bags.append(bags[-1] + len(each))
    header = struct.Struct("<20sH")
    yield chunk(b"inst", header.pack(_name(title), 0) + header.pack(_name("EOI"), len(generators)))
    yield chunk(b"ibag", b"".join(struct.pack("<HH", first, 0) for first in bags))
    yield chunk(b"imod", _MODULATOR_END)
    yield chunk(b"igen", b"".join(one for each in generators for one in each) + bytes(4))


def _stripes(zones: Sequence[Zone]) -> Iterator[tuple[int, Zone, tuple[int, int]]]:
    """The zones, with the numbers of their samples and the velocities that play them: variations by one each."""
    for number, zone in enumerate(zones):
        first, last = zone.velocities
        if zone.variations == 1:
            yield number, zone, zone.velocities
            continue
        for velocity in range(first, last + 1):
            if variation_at(velocity, zone.variations) == zone.sample.variation:
                yield number, zone, (velocity, velocity)


def _generators(number: int, zone: Zone, velocities: tuple[int, int]) -> Iterator[bytes]:
    """A zone's generators; its keys must come first, then its velocities, and its sample last.

    Its root key is the one of its sample's header.
    """
    yield struct.pack("<HBB", _KEYS, *zone.keys)
    yield struct.pack("<HBB", _VELOCITIES, *velocities)
    if zone.sample.loop is not None:
        yield struct.pack("<HH", _LOOPS, _CONTINUOUS)
    if zone.choke:
        yield struct.pack("<HH", _CHOKE, zone.choke)
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
