# pyright: basic, reportMissingModuleSource=false
# TensorFlow has no types.
"""Which checkpoint counts: the best one is copied aside, whole, before the progress names it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import tensorflow.compat.v1 as tf


def trained_steps(run: Path) -> int:
    """The step that the last checkpoint in ``run`` was saved at, 0 if there is none.

    Where a run was interrupted, it is later than the progress says.
    """
    latest = tf.train.latest_checkpoint(str(run))
    return int(latest.rpartition("-")[2]) if latest else 0


def best_checkpoint(best: Path, step: int) -> str:
    """The checkpoint of ``step`` in the folder of the best one, as TensorFlow names it.

    Raises:
        FileNotFoundError: if ``step`` is 0, which was measured never.
    """
    if not step:
        raise FileNotFoundError(f"{best.parent}: nothing is trained yet")
    return str(best / f"model.ckpt-{step}")


def keep_best(best: Path, latest: str, write_progress: Callable[[], None], *, improved: bool) -> None:
    """Write the progress, and keep ``latest`` in ``best`` if it has improved: a copy counts once the progress names it.

    Killed at any moment, it leaves the checkpoint that the progress names.
    """
    name = Path(latest).name
    if improved:
        best.mkdir(exist_ok=True)
        for file in Path(latest).parent.glob(f"{name}.*"):
            shutil.copy2(file, best)
    write_progress()
    if improved:
        for file in best.iterdir():
            if not file.name.startswith(f"{name}."):
                file.unlink()
