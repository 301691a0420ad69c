# pyright: basic, reportMissingModuleSource=false
# TensorFlow has no types.
"""Files of examples that are bounded, shuffled, and whole or not there.

Each ``SPLIT-NUMBER.tfrecord`` has a ``SPLIT-NUMBER.json`` beside it, written after it: what is in it, and with whose
turn to go on. A file without one is the leftover of an interrupted run, and is made anew.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import tensorflow.compat.v1 as tf

from reverie.files import take_place, write_atomically
from reverie.training.dataset.census import SplitCensus
from reverie.training.dataset.limits import RECORD_OVERHEAD
from reverie.training.workspace import Split


class ShardedExamples:
    """The files of one split, and how far they have come.

    Pieces give their examples turn after turn. A file ends between two turns, before it would become larger than
    ``shard`` bytes; so much is held in memory, and shuffled. Pieces take their turns in a drawn order, so neighbours in
    a file are as good as drawn from all.

    Attributes:
        following: the number of the turn to go on with after the files that are written.
        spent: the bytes that each piece has taken, by its id.
        remaining: how many windows of each piece have found no room yet.
        total: what is in all files, what is still to be written included.
    """

    def __init__(self, folder: Path, split: Split, seed: int, shard: int) -> None:
        self._folder = folder
        self._split = split
        self._seed = seed
        self._shard = shard
        self._number = 0
        self._records: list[bytes] = []
        self._bytes = 0
        self._fresh = SplitCensus()
        self._spent: Counter[str] = Counter()
        self._remain: dict[str, int] = {}
        self.following = 0
        self.spent: Counter[str] = Counter()
        self.remaining: Counter[str] = Counter()
        self.total = SplitCensus()

    def resume(self) -> None:
        """Take up what an interrupted run has left, and remove what it had not finished."""
        while (told := self._finished(self._number)) is not None:
            self.following = told["following"]
            self.spent.update(told["spent"])
            for piece, windows in told["remaining"].items():
                self.remaining[piece] = windows
            self.total.add(SplitCensus.from_json(told["census"]))
            self._number += 1
        for path in [*self._folder.glob(f"{self._split}-*"), *self._folder.glob(f".{self._split}-*")]:
            digits = path.name.lstrip(".").removeprefix(f"{self._split}-").partition(".")[0]
            if path.name.startswith(".") or not digits.isdigit() or int(digits) >= self._number:
                path.unlink()

    def _path(self, number: int) -> Path:
        return self._folder / f"{self._split}-{number:05}.tfrecord"

    def _finished(self, number: int) -> dict[str, Any] | None:
        path = self._path(number)
        try:
            told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            return told if path.stat().st_size == told["census"]["bytes"] else None
        except (OSError, ValueError, KeyError):
            return None

    def add(self, piece: str, turn: int, records: list[bytes], census: SplitCensus) -> None:
        """Add what a piece gives in a turn; a file that would become too large is written before."""
        size = sum(len(record) + RECORD_OVERHEAD for record in records)
        if self._records and self._bytes + size > self._shard:
            self._write(turn)
        self._records += records
        self._bytes += size
        self._spent[piece] += size
        self.spent[piece] += size
        self._fresh.add(census)
        self.total.add(census)

    def remain(self, piece: str, windows: int) -> None:
        """Remember how many windows of the piece that was added last have found no room."""
        self._remain[piece] = self.remaining[piece] = windows

    def finish(self, following: int) -> None:
        """Write what is left."""
        if self._records:
            self._write(following)

    def _write(self, following: int) -> None:
        random.Random(f"{self._seed}:{self._split}:{self._number}").shuffle(self._records)
        path = self._path(self._number)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}")
        with tf.python_io.TFRecordWriter(str(draft)) as writer:
            for record in self._records:
                writer.write(record)
        take_place(draft, path)
        told = {
            "following": following,
            "spent": dict(sorted(self._spent.items())),
            "remaining": dict(sorted(self._remain.items())),
            "census": self._fresh.as_json(),
        }
        write_atomically(path.with_suffix(".json"), json.dumps(told).encode())
        self._number += 1
        self._records, self._bytes = [], 0
        self._fresh, self._spent, self._remain = SplitCensus(), Counter(), {}
