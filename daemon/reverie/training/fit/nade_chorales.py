"""Bach's chorales as pianorolls: the set on which others have published what their models make of it.

The set is a JSON of ``train``, ``valid`` and ``test`` (229, 76 and 77 chorales, the split of Boulanger-Lewandowski et
al. 2012): for each chorale a list of sixteenths, each the pitches of its four voices, -1 for a rest. The published
figures are of every fourth step, a quarter each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reverie.models.encodings.pianoroll import KEYS, LOWEST, Frame
from reverie.training.workspace import SPLITS, Split

Chorale = tuple[Frame, ...]
"""Ascending keys that are down, step by step."""

REST = -1
SIXTEENTHS = 4
"""How many steps of the file one step of the published figures is."""
ALL_KEYS = range(-5, 7)
"""Semitones by which a piece is moved to be once in each of the twelve keys."""

_NAMES: Mapping[Split, str] = {"train": "train", "validation": "valid", "test": "test"}


def read_chorales(path: Path) -> dict[Split, tuple[Chorale, ...]]:
    """The chorales of each part of the split, a step a quarter.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if it is another file, with its name and what is wrong.
    """
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: is no JSON: {error}") from error
    chorales: dict[Split, tuple[Chorale, ...]] = {}
    for split in SPLITS:
        name = _NAMES[split]
        try:
            pieces = tuple(tuple(map(_frame, piece[::SIXTEENTHS])) for piece in data[name])
        except (LookupError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: '{name}' must be a list of chorales, each a list of steps of pitches") from error
        if not pieces or not all(pieces):
            raise ValueError(f"{path}: '{name}' must have chorales, and each of them steps")
        chorales[split] = pieces
    return chorales


def _frame(pitches: Iterable[int]) -> Frame:
    """Two voices on one key are one key, as in the published pianorolls.

    Raises:
        ValueError: if the piano has no such key.
    """
    sounding = {pitch for pitch in pitches if pitch != REST}
    if any(not LOWEST <= pitch < LOWEST + KEYS for pitch in sounding):
        raise ValueError(f"{sounding} are no pitches of a piano")
    return tuple(sorted(pitch - LOWEST for pitch in sounding))


def transposed(chorale: Chorale, semitones: int) -> Chorale:
    """The chorale in another key.

    Raises:
        ValueError: if the piano has no such keys.
    """
    moved = tuple(tuple(key + semitones for key in frame) for frame in chorale)
    if any(frame and not 0 <= frame[0] <= frame[-1] < KEYS for frame in moved):
        raise ValueError(f"a chorale that is moved by {semitones} semitones leaves the {KEYS} keys")
    return moved


def to_c(chorale: Chorale) -> Chorale:
    """The chorale in C major or C minor, which the published figures were measured in.

    A chorale's tonic is the bass of its last chord. It is moved by six semitones at most.
    """
    bass = next((frame[0] for frame in reversed(chorale) if frame), -LOWEST)
    tonic = (bass + LOWEST) % 12
    return transposed(chorale, -tonic if tonic <= 12 // 2 else 12 - tonic)
