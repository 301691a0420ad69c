"""How far a training has come: which weights are the best, and for how long none were better."""

from __future__ import annotations

import math
from pathlib import Path

from reverie.training.fit.training_progress import read_progress


def test_the_best_weights_are_those_of_the_lowest_loss(tmp_path: Path) -> None:
    progress = read_progress(tmp_path / "progress.json")
    assert math.isinf(progress.best_loss)
    for step, loss in ((10, 2.0), (20, 1.5), (30, 1.6), (40, 1.5)):
        progress = progress.after(step, loss, 60)
    assert (progress.step, progress.best_step, progress.best_loss, progress.stale) == (40, 20, 1.5, 2)
    assert progress.seconds == 240
    assert progress.after(50, 1.4, 60).stale == 0
    progress.write(tmp_path / "progress.json")
    assert read_progress(tmp_path / "progress.json") == progress
