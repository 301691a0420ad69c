# pyright: basic, reportMissingImports=false
# TensorFlow, note_seq and Magenta have no types.
"""Training with Magenta's own pipelines and trainer, in pieces that can be interrupted and taken up again.

What is in a work folder is either whole or not there: examples are renamed into place, and the best checkpoint counts
only once ``progress.json`` names it.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf
from magenta.models.shared import events_rnn_graph, events_rnn_train
from magenta.pipelines import pipeline as pipelines

from reverie.files import write_atomically
from reverie.magenta.families import Family, family_of

_LEAST_PROBABILITY = 1e-37
"""Near the least that float32 holds: an event held to be impossible costs 85 nats, not infinitely many."""


@dataclass(frozen=True, slots=True)
class Design:
    """A model to train: one of Magenta's configurations with hyperparameters that suit the data."""

    config: str
    hparams: Mapping[str, Any]

    @property
    def family(self) -> Family:
        """The family that the configuration belongs to."""
        return family_of(self.config)


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """How far a training has come; ``history`` has the validation loss at each step where it was measured."""

    step: int = 0
    best_step: int = 0
    best_loss: float = math.inf
    stale: int = 0
    history: tuple[tuple[int, float], ...] = field(default=())

    def after(self, step: int, loss: float) -> TrainingProgress:
        """The progress once ``loss`` was measured at ``step``; ``stale`` counts measurements since the best."""
        history = (*self.history, (step, loss))
        if loss < self.best_loss:
            return TrainingProgress(step, step, loss, 0, history)
        return replace(self, step=step, stale=self.stale + 1, history=history)


def write_examples(design: Design, sequences: Iterable[Any], path: Path, window: int = 0) -> int:
    """Encode NoteSequences as SequenceExamples in ``path``: passages of 7 bars or more, cut after 512 steps.

    With a ``window``, they are cut further into examples of so many steps, and shuffled. A recurrent network learns by
    the number of its updates; short examples make several times more of them in the same time, and a request for a loop
    begins with a fresh state just as they do.

    Returns:
        How many examples came of it.
    """
    # A ratio of 0 puts all into the training part: which songs are held out was decided before.
    pipeline = design.family.pipeline(design.family.config(design.config), eval_ratio=0.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        pipelines.run_pipeline_serial(pipeline, sequences, folder)
        whole = Path(folder) / f"{design.family.examples}.tfrecord"
        if window:
            records = [record for example in _examples_in(whole) for record in _windows(example, window)]
            random.Random(0).shuffle(records)
            with tf.python_io.TFRecordWriter(str(whole)) as writer:
                for record in records:
                    writer.write(record)
        whole.replace(path)
    return count_records(path)


def _windows(example: Any, window: int) -> Iterator[bytes]:
    lists = example.feature_lists.feature_list
    for start in range(0, len(lists["labels"].feature), window):
        piece = tf.train.SequenceExample()
        for name in lists:
            piece.feature_lists.feature_list[name].feature.extend(lists[name].feature[start : start + window])
        yield piece.SerializeToString()


def _examples_in(path: Path) -> Iterator[Any]:
    for record in tf.python_io.tf_record_iterator(str(path)):
        yield tf.train.SequenceExample.FromString(record)


def count_records(path: Path) -> int:
    """How many records a TFRecord file has."""
    return sum(1 for _ in tf.python_io.tf_record_iterator(str(path)))


def labels_in(path: Path) -> Iterator[np.ndarray]:
    """The events of each SequenceExample, as class numbers."""
    for example in _examples_in(path):
        yield np.array([step.int64_list.value[0] for step in example.feature_lists.feature_list["labels"].feature])


def _inputs_in(path: Path) -> Iterator[np.ndarray]:
    for example in _examples_in(path):
        steps = example.feature_lists.feature_list["inputs"].feature
        yield np.array([step.float_list.value for step in steps], np.float32)


class HeldOut:
    """A set of examples in memory that no training sees, and what a model makes of it."""

    def __init__(self, design: Design, path: Path) -> None:
        self._design = design
        self._labels = list(labels_in(path))
        longest = max(map(len, self._labels))
        self._inputs = np.stack([np.pad(i, ((0, longest - len(i)), (0, 0))) for i in _inputs_in(path)])

    @property
    def events(self) -> int:
        """How many events there are to predict."""
        return sum(map(len, self._labels))

    def loss(self, checkpoint: str) -> float:
        """Mean cross-entropy of an event under a checkpoint's weights, in nats.

        All events count, and count the same: Magenta's own evaluation leaves out what does not fill a batch.
        """
        config = self._design.family.config(
            self._design.config, {**self._design.hparams, "batch_size": len(self._labels)}
        )
        with tf.Graph().as_default():
            events_rnn_graph.get_build_graph_fn("generate", config)()
            inputs, temperature, softmax = (tf.get_collection(n)[0] for n in ("inputs", "temperature", "softmax"))
            with tf.Session() as session:
                tf.train.Saver().restore(session, checkpoint)
                chances = session.run(softmax, {inputs: self._inputs, temperature: 1.0})
        found = np.concatenate(
            [row[np.arange(len(labels)), labels] for row, labels in zip(chances, self._labels, strict=True)]
        )
        return float(-np.log(np.maximum(found, _LEAST_PROBABILITY)).mean())

    def unigram_loss(self, training: Path) -> float:
        """Mean cross-entropy of an event if every event is drawn by its frequency in ``training``.

        The least a model must beat. One is added to each count, so that what never occurred stays possible.
        """
        classes = self._design.family.configs[self._design.config].encoder_decoder.num_classes
        counts = np.ones(classes)
        for labels in labels_in(training):
            counts += np.bincount(labels, minlength=classes)
        return float(-np.log(counts / counts.sum())[np.concatenate(self._labels)].mean())


class Training:
    """The training of one design in a work folder that has ``train.examples`` and ``validation.examples``."""

    def __init__(self, design: Design, folder: Path) -> None:
        self.design = design
        self.folder = folder
        self._state = folder / "progress.json"
        self._run = folder / "run"
        self._best = folder / "best"

    @property
    def progress(self) -> TrainingProgress:
        """How far it has come, over all runs."""
        try:
            data = json.loads(self._state.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return TrainingProgress()
        data["history"] = tuple((int(step), float(loss)) for step, loss in data["history"])
        return TrainingProgress(**data)

    @property
    def checkpoint(self) -> str:
        """The best checkpoint so far, as TensorFlow names it.

        Raises:
            FileNotFoundError: if none has been measured yet.
        """
        step = self.progress.best_step
        if not step:
            raise FileNotFoundError(f"{self.folder}: nothing is trained yet")
        return str(self._best / f"model.ckpt-{step}")

    def run(
        self, steps: int, patience: int, report: Callable[[TrainingProgress], None], out_of_time: Callable[[], bool]
    ) -> None:
        """Train until ``steps``, or until the validation loss was no better ``patience`` times running.

        It is measured every other time that all examples have been seen, and the best checkpoint is kept.
        """
        examples = self.folder / "train.examples"
        config = self.design.family.config(self.design.config, self.design.hparams)
        between = max(1, 2 * count_records(examples) // config.hparams.batch_size)
        held_out = HeldOut(self.design, self.folder / "validation.examples")
        progress = self.progress
        while progress.step < steps and progress.stale < patience and not out_of_time():
            begin = self._trained_steps()
            step = max(begin, min(begin + between, steps))
            if step > begin:
                events_rnn_train.run_training(
                    events_rnn_graph.get_build_graph_fn("train", config, [str(examples)]),
                    str(self._run),
                    num_training_steps=step - begin,  # its own description notwithstanding: steps from here on
                    checkpoints_to_keep=1,
                    summary_frequency=between,
                )
            latest = f"{self._run}/model.ckpt-{step}"
            progress = progress.after(step, held_out.loss(latest))
            self._keep(progress, latest)
            report(progress)

    def _trained_steps(self) -> int:
        """The step to go on from, which is later than the progress says where a run was interrupted."""
        latest = tf.train.latest_checkpoint(str(self._run))
        return int(latest.rpartition("-")[2]) if latest else 0

    def _keep(self, progress: TrainingProgress, latest: str) -> None:
        improved = progress.best_step == progress.step
        if improved:
            self._best.mkdir(exist_ok=True)
            for file in self._run.glob(f"{Path(latest).name}.*"):
                shutil.copy2(file, self._best)
        write_atomically(self._state, json.dumps(asdict(progress)).encode())
        if improved:
            for file in self._best.iterdir():
                if not file.name.startswith(f"{Path(latest).name}."):
                    file.unlink()

    def write_bundle(self, path: Path, description: str) -> None:
        """Write the best checkpoint as one of Magenta's bundles.

        A bundle keeps the batch size of its graph, and its generator computes that many sequences to return one; so the
        graph is built anew for a batch of one. It has no optimizer, whose variables are left behind with it.
        """
        family = self.design.family
        config = family.config(self.design.config, {**self.design.hparams, "batch_size": 1})
        generator = family.generator(
            family.model(config),
            config.details,
            steps_per_quarter=config.steps_per_quarter,
            checkpoint=self.checkpoint,
        )
        with tempfile.TemporaryDirectory() as folder:
            draft = Path(folder) / path.name
            with generator:
                generator.create_bundle_file(str(draft), description)
            write_atomically(path, draft.read_bytes())
