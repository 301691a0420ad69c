"""From a bank of a timbre to an instrument that a telephone can load: fewer samples, shorter ones, at half the rate."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.browser_sounds.instrument import SoundZone
from reverie.browser_sounds.packed import Packed, pack
from reverie.timbre.bank.bank import Bank
from reverie.timbre.bank.sfz import RELEASE
from reverie.timbre.kit import CHOKES
from reverie.timbre.sources.resample import resampled

RATE, DRUM_RATE = 24_000, 32_000
LONGEST = 3.0
"""Seconds of a sample that is not looped."""
MOST = 24.0
"""Seconds of all samples of an instrument: half a megabyte, more or less."""
TAIL = 0.01
"""Seconds that are kept after a loop, for whoever interpolates there."""
FADE = 0.15
"""Seconds in which a sample that is cut off falls silent."""

Row = Mapping[str, Any]
Samples = NDArray[np.float64]


def bank_instrument(bank: Bank, title: str) -> Packed:
    """The instrument of a bank.

    Raises:
        OSError: if a sample cannot be read.
        RuntimeError: if a sample is none (soundfile's LibsndfileError is one).
    """
    drums = bool(bank.card["recipe"].get("drums"))
    rate = DRUM_RATE if drums else RATE
    rows: Sequence[Row] = bank.card["zones"]
    return pack(title, rate, [_read(bank.folder, row, rate, drums=drums) for row in _chosen(rows)], RELEASE)


def _chosen(rows: Sequence[Row]) -> list[Row]:
    """As many of the zones as fit: first one variation of each, then two velocities, then one, then every other key."""
    if _seconds(rows) <= MOST:
        return [*rows]
    rows = [{**row, "variation": 0, "variations": 1} for row in rows if row["variation"] == 0]
    velocities = sorted({int(row["velocity"]) for row in rows})
    for kept in ({velocities[0], velocities[-1]}, {velocities[-1]}):
        if _seconds(rows) > MOST:
            rows = _layered(rows, sorted(kept))
    while _seconds(rows) > MOST and len(rows) > 1:
        rows = _thinned(sorted(rows, key=_pitch))
    return [*rows]


def _layered(rows: Sequence[Row], velocities: Sequence[int]) -> list[Row]:
    """Those of these velocities, which have between them all that a note can have."""
    layers = dict(zip(velocities, pairs(velocities), strict=True))
    found = ((row, layers.get(int(row["velocity"]))) for row in rows)
    return [{**row, "velocities": (max(layer[0], 1), layer[1])} for row, layer in found if layer is not None]


def _thinned(rows: Sequence[Row]) -> list[Row]:
    """Every other one, which has the keys of the next as well."""
    kept = [{**row} for row in rows[::2]]
    for row, left_out in zip(kept, rows[1::2], strict=False):
        row["keys"] = (row["keys"][0], left_out["keys"][1])
    return [*kept]


def _pitch(row: Row) -> int:
    return int(row["pitch"])


def _seconds(rows: Sequence[Row]) -> float:
    return sum(min(float(row["seconds"]), LONGEST) for row in rows)


def _read(folder: Path, row: Row, rate: int, *, drums: bool) -> tuple[SoundZone, Samples]:
    sound: Any = soundfile  # its types are incomplete
    samples, before = sound.read(str(folder / row["file"]), dtype="float64", always_2d=True)
    mono: Samples = samples[:, 0]
    loop = row["loop"]
    if loop is not None:
        mono = mono[: loop["end"] + round(TAIL * before)]
    mono = resampled(mono, before, rate)
    if loop is None and len(mono) > LONGEST * rate:
        mono = _cut(mono, rate)
    low, high = row["keys"]
    softest, loudest = row["velocities"]
    zone = SoundZone(
        at=0.0,
        seconds=0.0,
        root=_pitch(row),
        keys=(low, high),
        velocities=(softest, loudest),
        loop=None if loop is None else (loop["start"] / before, loop["end"] / before),
        drum=drums,
        choke=CHOKES.get(_pitch(row), 0) if drums else 0,
        variation=row["variation"],
        variations=row["variations"],
    )
    return zone, mono


def _cut(mono: Samples, rate: int) -> Samples:
    cut, fade = mono[: round(LONGEST * rate)].copy(), round(FADE * rate)
    cut[-fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float64)
    return cut


def pairs(keys: Sequence[int]) -> list[tuple[int, int]]:
    """All keys, split in the middle between two neighbours: the first and the last of each."""
    middles = [(low + high) // 2 for low, high in itertools.pairwise(keys)]
    return list(zip([0, *(one + 1 for one in middles)], [*middles, 127], strict=True))
