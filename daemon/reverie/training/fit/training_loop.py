# pyright: basic, reportMissingModuleSource=false
# TensorFlow, tf_slim and Magenta have no types.
"""Magenta's training, with a measurement now and then, that any end leaves whole.

It is the loop of Magenta's ``events_rnn_train.run_training`` and ``music_vae_train.train``: its graph, its hooks and
tf_slim's trainer, with events for TensorBoard in ``run/train``. These take no hooks of others and can only be called
anew to measure between, which begins the examples anew each time: of a large set the end would hardly be seen. So the
same is said here with one hook more, which saves, measures what is held out, keeps the best and decides whether to go
on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow.compat.v1 as tf
import tf_slim

from reverie.training.errors import TrainingError
from reverie.training.first_weights import FirstWeights
from reverie.training.fit.best_checkpoint import keep_best
from reverie.training.fit.held_out import count_records
from reverie.training.fit.network_training import HeldOutFit, NetworkTraining
from reverie.training.fit.training_progress import FitReport, TrainingProgress, read_progress
from reverie.training.held_out_figures import HeldOutFigures
from reverie.training.workspace import Workspace

_SUMMARIES = 10
"""Steps between two events for TensorBoard: Magenta's own default."""
_NO_NUMBER = "inf or nan"
"""What tf_slim says of a loss that is no number."""
_SHARE = 9.0
"""How many times longer is trained than was measured before."""


@dataclass(frozen=True, slots=True)
class FitLimits:
    """When a training ends.

    Attributes:
        steps: after so many batches, over all runs.
        patience: after so many measurements that were no better than the best.
        seconds: no more training is begun after that, in this run.
        between: seconds between two measurements; where two passes over all examples take less, that counts.
    """

    steps: int = 8000
    patience: int = 8
    seconds: float = 180 * 60.0
    between: float = 120.0


class _Measuring(tf.train.SessionRunHook):
    """Saves, measures, keeps the best, reports, and ends the training."""

    def __init__(
        self,
        workspace: Workspace,
        held_out: HeldOutFit,
        measured: Sequence[Any],
        epochs: int,
        limits: FitLimits,
        report: Callable[[FitReport], None],
        stop: Callable[[], bool],
    ) -> None:
        self._workspace = workspace
        self._held_out = held_out
        self._fetched = list(measured)
        self._epochs = epochs
        self._limits = limits
        self._report = report
        self._stop = stop
        self.progress = read_progress(workspace.progress)
        self._losses: list[tuple[float, ...]] = []
        self._cost = 0.0

    def begin(self) -> None:
        self._step = tf.train.get_global_step()
        self._saver = tf.train.Saver(max_to_keep=1)
        self._events = tf.summary.FileWriter(str(self._workspace.run / "eval"))

    def after_create_session(self, session: Any, coord: Any) -> None:  # noqa: ARG002 - TensorFlow's signature
        self._begun = self._since = time.monotonic()
        self._last = int(session.run(self._step))

    def before_run(self, run_context: Any) -> Any:  # noqa: ARG002 - likewise
        return tf.train.SessionRunArgs(self._fetched)

    def after_run(self, run_context: Any, run_values: Any) -> None:
        session = run_context.session
        self._losses.append(tuple(map(float, run_values.results)))
        step = self._last + len(self._losses)
        now = time.monotonic()
        ended = step >= self._limits.steps or now - self._begun > self._limits.seconds
        passed = now - self._since
        if ended or (
            passed >= _SHARE * self._cost and (passed >= self._limits.between or len(self._losses) >= self._epochs)
        ):
            self._measure(session, step, passed)
            ended = ended or self.progress.stale >= self._limits.patience
        if self._stop():
            if self._losses:
                self._save(session, step)
            ended = True
        if ended:
            run_context.request_stop()

    def end(self, session: Any) -> None:  # noqa: ARG002 - likewise
        self._events.close()

    def _measure(self, session: Any, step: int, passed: float) -> None:
        begun = time.monotonic()
        latest = self._save(session, step)
        found = self._held_out.figures(latest)
        self.progress = self.progress.after(step, found.loss, passed + time.monotonic() - begun)
        progress, kept = self.progress, self._workspace
        keep_best(
            kept.best, latest, lambda: progress.write(kept.progress), improved=progress.best_step == progress.step
        )
        self._write_events(step, found)
        pace = len(self._losses) / passed
        loss, *more = (sum(values) / len(values) for values in zip(*self._losses, strict=True))
        accuracy = more[0] if more else None
        now = time.monotonic()
        left = min((self._limits.steps - step) / pace, self._limits.seconds - (now - self._begun))
        self._report(FitReport(self.progress, found, loss, accuracy, pace, max(0.0, left)))
        self._cost, self._since, self._last, self._losses = now - begun, now, step, []

    def _save(self, session: Any, step: int) -> str:
        folder = self._workspace.run / "train"
        saved = self._saver.save(session, str(folder / "model.ckpt"), global_step=step, write_meta_graph=False)
        for file in folder.glob("model.ckpt-*"):  # also what a run before this one left
            if not file.name.startswith(f"{Path(saved).name}."):
                file.unlink()
        return saved

    def _write_events(self, step: int, found: HeldOutFigures) -> None:
        values = [tf.Summary.Value(tag=name, simple_value=value) for name, value in found.summaries.items()]
        self._events.add_summary(tf.Summary(value=values), step)
        self._events.flush()


def _beginning(first: FirstWeights | None) -> Any:
    """How a network gets its weights where no checkpoint has them."""
    if first is None:
        return None
    values = [(one, first.of(one.name, tuple(one.shape.as_list()))) for one in tf.trainable_variables()]
    return tf.train.Scaffold(init_fn=lambda _, session: [one.load(value, session) for one, value in values])


def train(
    network: NetworkTraining,
    seed: int,
    workspace: Workspace,
    limits: FitLimits,
    report: Callable[[FitReport], None],
    stop: Callable[[], bool],
    first: FirstWeights | None = None,
) -> TrainingProgress:
    """Train on from the last checkpoint until a limit is reached, or ``stop`` says so after a batch.

    Where there is no checkpoint, it begins with the weights of ``first``, else with weights that are drawn.

    Raises:
        TrainingError: if there is nothing to learn from, the loss is no number, or the weights are another network's.
    """
    shards = {split: workspace.shards(split) for split in ("train", "validation")}
    for split, paths in shards.items():
        if not count_records(paths):
            raise TrainingError(
                f"{workspace.examples}: has no examples for the split {split!r}; the table of `reverie train dataset`"
                " says of each piece why; give more pieces, or longer ones"
            )
    progress = read_progress(workspace.progress)
    folder = workspace.run / "train"
    folder.mkdir(parents=True, exist_ok=True)
    latest = tf.train.latest_checkpoint(str(folder))
    if progress.stale >= limits.patience or (progress.step >= limits.steps and latest):
        return progress
    epochs = max(1, 2 * count_records(shards["train"]) // network.batch_size)
    held_out = network.held_out(shards["validation"])
    with tf.Graph().as_default():
        tf.set_random_seed(seed)
        graph = network.build(shards["train"], seed + progress.step)
        measuring = _Measuring(workspace, held_out, graph.measured, epochs, limits, report, stop)
        hooks = [
            tf.train.NanTensorHook(graph.loss),
            tf.train.StepCounterHook(output_dir=str(folder), every_n_steps=_SUMMARIES),
            measuring,
        ]
        try:
            tf_slim.training.train(
                train_op=graph.train_op,
                logdir=str(folder),
                scaffold=_beginning(first),
                hooks=hooks,
                save_checkpoint_secs=0,  # measuring saves
                save_summaries_steps=_SUMMARIES,
            )
        except (tf.train.NanLossDuringTrainingError, tf.errors.InvalidArgumentError) as error:
            if isinstance(error, tf.errors.InvalidArgumentError) and _NO_NUMBER not in str(error.message):
                raise
            raise TrainingError(_lost(workspace, measuring.progress, network.hparams)) from error
    return measuring.progress


def _lost(workspace: Workspace, progress: TrainingProgress, hparams: Mapping[str, Any]) -> str:
    """That the loss is no number any more, what is kept, and what helps."""
    kept = "there is no best, since no measurement was a number"
    if progress.best_step:
        kept = f"the best so far, of step {progress.best_step}, is kept, and `reverie train bundle` makes a model of it"
    slower = f"{float(hparams['learning_rate']) / 4:g}"
    return (
        f"{workspace.folder}: the loss is no number any more, some time after step {progress.step}, so training has"
        f" ended; {kept}. Learn more slowly, by --set learning_rate={slower}: with that, training begins anew"
    )
