"""Small soundfonts for the tests: whole, without samples, and for other presets than those that are played."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reverie.timbre.bank.sf2 import sf2_bytes
from reverie.timbre.bank.zone import Sample, SampleLoop, Zone
from reverie.timbre.sound import Sound

RATE = 44_100


def font(path: Path, *, bank: int = 0, program: int = 0, keys: tuple[int, int] = (0, 127)) -> Path:
    """A soundfont of one preset, a sine for ever."""
    tone = 0.3 * np.sin(2 * np.pi * np.arange(4 * 6400) / 100)
    sample = Sample(Sound(tone.astype(np.float32), RATE), 60, 100, loop=SampleLoop(6400, 3 * 6400))
    zones = [Zone(sample, "tone.wav", keys, (0, 127))]
    path.write_bytes(sf2_bytes(zones, "tone", [], "", bank=bank, program=program))
    return path


def without_samples(path: Path, source: Path) -> Path:
    """The same soundfont with nearly all of its sound lost, and sizes that agree: no player finds it cut off."""
    data = source.read_bytes()
    lists: list[bytes] = []
    for name, body in _chunks(data[12:]):
        if body[:4] == b"sdta":
            samples = next(body for name, body in _chunks(body[4:]) if name == b"smpl")
            lists.append(_chunk(b"LIST", b"sdta" + _chunk(b"smpl", samples[:200])))
        else:
            lists.append(_chunk(name, body))
    path.write_bytes(_chunk(b"RIFF", b"sfbk" + b"".join(lists)))
    return path


def cut(path: Path, source: Path, share: float = 0.2) -> Path:
    """The beginning of a soundfont, as a download that broke off leaves it."""
    data = source.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2)
