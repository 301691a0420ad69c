"""How far a training has come, as it is kept beside its checkpoints and as people are told of it."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from reverie.files import write_atomically
from reverie.generations import read_as
from reverie.training.held_out_figures import HeldOutFigures


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """How far a training has come over all its runs.

    Attributes:
        step: batches that were learned from, up to the last measurement.
        best_step, best_loss: when the held-out loss was lowest, and how low; 0 and infinity if it was never measured.
        stale: measurements since then.
        seconds: how long it took, all runs together, without what was lost when one was killed.
        history: the held-out loss at each step where it was measured.
    """

    step: int = 0
    best_step: int = 0
    best_loss: float = math.inf
    stale: int = 0
    seconds: float = 0.0
    history: tuple[tuple[int, float], ...] = field(default=())

    def after(self, step: int, loss: float, seconds: float) -> TrainingProgress:
        """The progress once ``loss`` was measured at ``step``, so many seconds after the measurement before."""
        more = replace(self, step=step, seconds=self.seconds + seconds, history=(*self.history, (step, loss)))
        if loss < self.best_loss:
            return replace(more, best_step=step, best_loss=loss, stale=0)
        return replace(more, stale=self.stale + 1)

    def write(self, path: Path) -> None:
        """Keep it in a file, whole."""
        write_atomically(path, json.dumps(asdict(self)).encode())


def read_progress(path: Path) -> TrainingProgress:
    """The progress in a file; the beginning if there is no such file."""
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return TrainingProgress()
    data["history"] = tuple((int(step), float(loss)) for step, loss in data["history"])
    return read_as(TrainingProgress, data)


@dataclass(frozen=True, slots=True)
class FitReport:
    """What people are told at each measurement.

    Attributes:
        progress: the progress with this measurement.
        held_out: what the model makes of the validation split now.
        loss: of the batches since the measurement before, which the model has learned from.
        accuracy: share of their events that were the likeliest one; None where Magenta's trainer does not say.
        steps_a_second: batches a second since then, without measuring.
        seconds_left: until the last step or the end of the time at this pace; it may end sooner.
    """

    progress: TrainingProgress
    held_out: HeldOutFigures
    loss: float
    accuracy: float | None
    steps_a_second: float
    seconds_left: float

    @property
    def sentence(self) -> str:
        """One line for a terminal."""
        best = "the best so far" if not self.progress.stale else f"best {self.progress.best_loss:.4f}"
        at = "" if not self.progress.stale else f" at step {self.progress.best_step}"
        if not self.progress.best_step:
            best, at = "none so far is a number", ""
        accuracy = "" if self.accuracy is None else f", accuracy {self.accuracy:.1%}"
        return (
            f"step {self.progress.step}: loss {self.loss:.4f}{accuracy}; held out: {self.held_out.words}"
            f" ({best}{at}); {self.steps_a_second:.2f} steps/s"
        )
