"""How much disk and memory a dataset may take."""

from __future__ import annotations

from dataclasses import dataclass

_MEGABYTE = 1_000_000
RECORD_OVERHEAD = 16
"""Bytes that a TFRecord file adds to each record."""


@dataclass(frozen=True, slots=True)
class DatasetLimits:
    """Bounds, in bytes, of files of examples.

    Magenta's examples have a number for each place of an input vector: an event of a performance takes 1.6 kB, a step
    of drums 2 kB, and a song in all keys and tempos a hundred megabytes.

    Attributes:
        shard: the most that a file has; so much is held in memory, to be shuffled.
        piece: the most that all versions of a piece may have.
        train: the most that is learned from.
        held_out: the most that each of the other two splits has.
    """

    shard: int = 64 * _MEGABYTE
    piece: int = 24 * _MEGABYTE
    train: int = 1000 * _MEGABYTE
    held_out: int = 128 * _MEGABYTE

    def of(self, split: str) -> int:
        """The most that a split has."""
        return self.train if split == "train" else self.held_out
