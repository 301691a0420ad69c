"""Keeps loops that were made to be judged, batch by batch, so that a judgement can be interrupted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

Batch = list[list[int]]


@dataclass(frozen=True, slots=True)
class LoopJournal:
    """Batches of loops as numbers, in a file; those of another ``key`` were made otherwise, and are not taken.

    Without a ``file`` nothing is kept.
    """

    file: Path | None
    key: str

    def kept(self) -> dict[int, Batch]:
        """The batches by their number; a line that was being written when the machine went down is none."""
        if self.file is None or not self.file.exists():
            return {}
        found: dict[int, Batch] = {}
        for line in self.file.read_text(encoding="utf-8").splitlines():
            try:
                data: Any = json.loads(line)
                if data["key"] == self.key:
                    found[int(data["batch"])] = cast("Batch", data["loops"])
            except (ValueError, KeyError, TypeError):
                continue
        return found

    def keep(self, batch: int, numbers: Batch) -> None:
        """Add a batch."""
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as file:
            # It begins with a line break, so that a line that was cut off spoils none but itself.
            file.write("\n" + json.dumps({"key": self.key, "batch": batch, "loops": numbers}, separators=(",", ":")))
