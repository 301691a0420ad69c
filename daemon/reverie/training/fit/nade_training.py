# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""Training Magenta's Pianoroll-RNN-NADE with Magenta's graph and trainer, in parts that can be interrupted.

What is in a work folder is either whole or not there: the best checkpoint counts only once ``progress.json`` names it.
Seeds are fixed, but Magenta's trainer reads examples by several threads, so that two trainings differ a little.
"""

from __future__ import annotations

import copy
import json
import math
import random
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf
from magenta.models.pianoroll_rnn_nade import pianoroll_rnn_nade_graph, pianoroll_rnn_nade_model
from magenta.models.shared import events_rnn_graph, events_rnn_train
from note_seq import PianorollEncoderDecoder

from reverie.files import take_place, write_atomically
from reverie.generations import known_fields
from reverie.models.encodings.pianoroll import KEYS, Frame
from reverie.training.fit.best_checkpoint import best_checkpoint, keep_best, trained_steps

Roll = Sequence[Frame]


@dataclass(frozen=True, slots=True)
class NadeDesign:
    """A Pianoroll-RNN-NADE to train.

    Attributes:
        hparams: what is otherwise than in Magenta's configuration.
        config: Magenta's configuration.
        keys: how many keys a frame has.
        patience: measurements without improvement after which the learning rate is halved.
        halvings: how often it is halved before training ends.
        seed: draws the order of examples and the first weights.
    """

    hparams: Mapping[str, Any] = field(default_factory=dict[str, Any])
    config: str = "rnn-nade"
    keys: int = KEYS
    patience: int = 1
    halvings: int = 4
    seed: int = 0

    def magenta_config(self, **changes: Any) -> Any:
        """Magenta's configuration with these hyperparameters."""
        config = copy.deepcopy(pianoroll_rnn_nade_model.default_configs[self.config])
        config.encoder_decoder = PianorollEncoderDecoder(self.keys)
        config.hparams.override_from_dict({**self.hparams, **changes})
        return config


@dataclass(frozen=True, slots=True)
class NadeProgress:
    """How far a training has come.

    Attributes:
        step, seconds: updates of the weights, and how long they took.
        best_step, best: where the log-likelihood a step (nats) of the validation pieces was highest, and what it was.
        stale: measurements since then, or since the learning rate was halved.
        halvings: how often it was.
        history: (step, log-likelihood) of all measurements.
    """

    step: int = 0
    seconds: float = 0.0
    best_step: int = 0
    best: float = -math.inf
    stale: int = 0
    halvings: int = 0
    history: tuple[tuple[int, float], ...] = ()

    def after(self, step: int, seconds: float, likelihood: float, patience: int) -> NadeProgress:
        """The progress once ``likelihood`` was measured at ``step``, ``seconds`` after the measurement before."""
        history = (*self.history, (step, likelihood))
        lasted = self.seconds + seconds
        if likelihood > self.best:
            return NadeProgress(step, lasted, step, likelihood, 0, self.halvings, history)
        waited = self.stale + 1
        halved = waited >= patience
        halvings, stale = (self.halvings + 1, 0) if halved else (self.halvings, waited)
        return NadeProgress(step, lasted, self.best_step, self.best, stale, halvings, history)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NadeProgress:
        """Read plain data.

        Raises:
            TypeError: if it is other data.
        """
        return cls(
            **{
                **known_fields(cls, data),
                "history": tuple((int(step), float(found)) for step, found in data["history"]),
            }
        )


def write_rolls(rolls: Iterable[Roll], keys: int, path: Path, seed: int) -> int:
    """Write pianorolls as Magenta's SequenceExamples, in an order that ``seed`` draws.

    The labels are zeros: the number of a frame of 88 keys has no room in them, and this family's graph does not read
    them.

    Returns:
        How many examples there are.
    """
    ordered = list(rolls)
    random.Random(seed).shuffle(ordered)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    with tf.python_io.TFRecordWriter(str(draft)) as writer:
        for roll in ordered:
            example = tf.train.SequenceExample()
            inputs = example.feature_lists.feature_list["inputs"]
            labels = example.feature_lists.feature_list["labels"]
            for row in as_array(roll, keys):
                inputs.feature.add().float_list.value.extend(row)
                labels.feature.add().int64_list.value.append(0)
            writer.write(example.SerializeToString())
    take_place(draft, path)
    return len(ordered)


def as_array(roll: Roll, keys: int) -> np.ndarray:
    """A pianoroll as numbers (steps, keys): 1 where a key is down."""
    array = np.zeros((len(roll), keys), np.float32)
    for row, frame in zip(array, roll, strict=True):
        row[list(frame)] = 1
    return array


class NadeTraining:
    """The training of one design in a work folder that has ``train.examples``."""

    def __init__(self, design: NadeDesign, folder: Path, validation: Sequence[Roll]) -> None:
        self.design = design
        self.folder = folder
        self.examples = folder / "train.examples"
        self._validation = validation
        self._state = folder / "progress.json"
        self._run = folder / "run"
        self._best = folder / "best"

    @property
    def progress(self) -> NadeProgress:
        """How far it has come, over all runs."""
        try:
            return NadeProgress.from_json(json.loads(self._state.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return NadeProgress()

    @property
    def checkpoint(self) -> str:
        """The best checkpoint so far, as TensorFlow names it.

        Raises:
            FileNotFoundError: if none has been measured yet.
        """
        return best_checkpoint(self._best, self.progress.best_step)

    def begin_with(self, checkpoint: str) -> None:
        """Begin with the weights that another training of the same sizes has found best.

        A training that has begun already is left as it is.
        """
        if trained_steps(self._run):
            return
        self._run.mkdir(parents=True, exist_ok=True)
        source = Path(checkpoint)
        for file in source.parent.glob(f"{source.name}.*"):
            shutil.copy2(file, self._run)
        tf.train.update_checkpoint_state(str(self._run), source.name)

    def run(
        self,
        between: int,
        report: Callable[[NadeProgress], None],
        out_of_time: Callable[[], bool],
        steps: int | None = None,
    ) -> None:
        """Train until the learning rate has been halved often enough, until ``steps``, or until there is no more time.

        After ``between`` updates the validation pieces are measured, and the best checkpoint is kept.
        """
        progress = self.progress
        while progress.halvings <= self.design.halvings and not out_of_time():
            if steps is not None and progress.step >= steps:
                return
            begin, began = trained_steps(self._run), time.monotonic()
            step = max(begin, progress.step + between)
            if step > begin:
                self._train(begin, step - begin, progress.halvings)
            latest = f"{self._run}/model.ckpt-{step}"
            found = roll_log_likelihoods(self.design, latest, self._validation)
            progress = progress.after(step, time.monotonic() - began, found.a_step, self.design.patience)
            written = json.dumps(asdict(progress)).encode()
            improved = progress.best_step == progress.step
            keep_best(self._best, latest, partial(write_atomically, self._state, written), improved=improved)
            report(progress)

    def _train(self, begin: int, steps: int, halvings: int) -> None:
        rate = self.design.magenta_config().hparams.learning_rate / 2**halvings
        config = self.design.magenta_config(learning_rate=rate)
        build = pianoroll_rnn_nade_graph.get_build_graph_fn("train", config, [str(self.examples)])

        def seeded() -> None:
            tf.set_random_seed(self.design.seed + begin)
            build()

        events_rnn_train.run_training(
            seeded,
            str(self._run),
            num_training_steps=steps,  # its own description notwithstanding: steps from here on
            checkpoints_to_keep=1,
            summary_frequency=steps,
        )


@dataclass(frozen=True, slots=True)
class RollLikelihoods:
    """What a model makes of pieces it was not trained on: for each its length and its log-likelihood in nats."""

    steps: tuple[int, ...]
    nats: tuple[float, ...]

    @property
    def a_step(self) -> float:
        """Mean log-likelihood of a step: all steps of all pieces count the same."""
        return math.fsum(self.nats) / sum(self.steps)

    @property
    def a_piece(self) -> float:
        """Mean over the pieces of each one's mean a step: all pieces count the same."""
        return math.fsum(nats / steps for nats, steps in zip(self.nats, self.steps, strict=True)) / len(self.steps)


def roll_log_likelihoods(design: NadeDesign, checkpoint: str, rolls: Sequence[Roll]) -> RollLikelihoods:
    """How likely Magenta's graph finds each roll, step by step given the steps before it; nothing drops out.

    Magenta adds a millionth to each probability before it takes the logarithm, as in training: with 88 keys this
    flatters a step by less than 0.0001.
    """
    config = design.magenta_config()
    lengths = [len(roll) for roll in rolls]
    nats: list[float] = []
    batch = min(config.hparams.batch_size, len(rolls))
    with tf.Graph().as_default():
        inputs = tf.placeholder(tf.float32, [batch, None, design.keys])
        sizes = tf.placeholder(tf.int32, [batch])
        cell = events_rnn_graph.make_rnn_cell(
            config.hparams.rnn_layer_sizes,
            attn_length=config.hparams.attn_length,
            residual_connections=config.hparams.residual_connections,
        )
        nade = pianoroll_rnn_nade_graph.RnnNade(cell, design.keys, config.hparams.nade_hidden_units)
        log_probs, _ = nade.log_prob(inputs, sizes)
        with tf.Session() as session:
            tf.train.Saver().restore(session, checkpoint)
            for first in range(0, len(rolls), batch):
                # The last batch is filled up with pieces that were measured before.
                chosen = [place % len(rolls) for place in range(first, first + batch)]
                longest = max(lengths[place] for place in chosen)
                frames = [as_array(rolls[place], design.keys) for place in chosen]
                fed = np.stack([np.pad(f, ((0, longest - len(f)), (0, 0))) for f in frames])
                taken = [lengths[place] for place in chosen]
                found = session.run(log_probs, {inputs: fed, sizes: taken})
                ends = np.cumsum(taken)
                nats += [float(part.sum(dtype=np.float64)) for part in np.split(found, ends[:-1])]
    return RollLikelihoods(tuple(lengths), tuple(nats[: len(rolls)]))
