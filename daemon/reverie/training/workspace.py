"""Where a training keeps what it makes: a folder that every step reads from and adds to, and that can be resumed.

A step is done when its manifest is there; a manifest names the digest of all that the step was made from, so a step
whose data or recipe has changed is done again. What a step writes is renamed into place, whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from reverie.files import write_atomically
from reverie.locks import Hold, try_lock
from reverie.training.errors import TrainingError

Step = Literal["convert", "dataset", "fit", "bundle"]
STEPS: tuple[Step, ...] = ("convert", "dataset", "fit", "bundle")
Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


def digest_of(data: Any) -> str:
    """A digest of plain data, the same whatever the order of its keys."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder of one training.

    ``pieces/`` has a NoteSequence for each piece, ``pieces.jsonl`` a line for each file that was looked at,
    ``examples/SPLIT-NUMBER.tfrecord`` what is learned from, ``run/train`` and ``run/eval`` what Magenta's trainer and
    evaluation write (TensorBoard reads it), ``best/`` the best checkpoint, ``progress.json`` how far training has come,
    and ``STEP.json`` the manifest of a step that is done.
    """

    folder: Path

    @property
    def pieces(self) -> Path:
        """The folder of NoteSequences."""
        return self.folder / "pieces"

    @property
    def journal(self) -> Path:
        """The list of files that were looked at, a line of JSON each."""
        return self.folder / "pieces.jsonl"

    @property
    def examples(self) -> Path:
        """The folder of examples."""
        return self.folder / "examples"

    @property
    def run(self) -> Path:
        """The folder that Magenta's trainer writes into."""
        return self.folder / "run"

    @property
    def best(self) -> Path:
        """The folder of the best checkpoint."""
        return self.folder / "best"

    @property
    def progress(self) -> Path:
        """How far training has come."""
        return self.folder / "progress.json"

    @property
    def about(self) -> Path:
        """Whose music it is."""
        return self.folder / "data.json"

    @contextlib.contextmanager
    def claimed(self) -> Generator[None]:
        """Keep others from training in this folder meanwhile.

        Raises:
            TrainingError: if another process does already.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            if try_lock(descriptor) is Hold.TAKEN:
                raise TrainingError(
                    f"{self.folder}: another `reverie train` is at work in this folder; wait for it, or name another"
                    " folder with --work"
                )
            yield
        finally:
            os.close(descriptor)

    def piece(self, number: str) -> Path:
        """The file of the NoteSequence of the piece with an id."""
        return self.pieces / f"{number}.notesequence"

    def shards(self, split: Split) -> list[Path]:
        """The files of examples of a split, in order."""
        return sorted(self.examples.glob(f"{split}-*.tfrecord"))

    def manifest(self, step: Step) -> Mapping[str, Any] | None:
        """What a step said when it was done; None while it is not, or of a file that is none."""
        try:
            data: Any = json.loads((self.folder / f"{step}.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return cast("Mapping[str, Any]", data) if isinstance(data, dict) else None

    def is_done(self, step: Step, inputs: str) -> bool:
        """Whether a step is done, and was made from what has this digest."""
        manifest = self.manifest(step)
        return manifest is not None and manifest.get("inputs") == inputs

    def finish(self, step: Step, inputs: str, told: Mapping[str, Any]) -> None:
        """Say that a step is done, and what came of it."""
        write_atomically(self.folder / f"{step}.json", json.dumps({"inputs": inputs, **told}, indent=1).encode())
