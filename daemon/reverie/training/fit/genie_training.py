# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""Magenta's Piano Genie as its own trainer trains it, on examples of this training.

An encoder hears a whole passage and says of each note which of eight buttons it is; the decoder is told the buttons one
by one, and learns to say the notes. That buttons rise and fall with the notes is a part of the loss.

Source: C. Donahue, I. Simon, S. Dieleman, "Piano Genie" (https://arxiv.org/abs/1810.05246); ``piano_genie_paper`` in
Magenta 2.1.4, ``magenta/models/piano_genie``.
"""

from __future__ import annotations

import copy
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf
from magenta.models.piano_genie.configs import get_named_config
from magenta.models.piano_genie.model import build_genie_model

from reverie.models.genie.decoder import LOWEST_PITCH
from reverie.models.genie.weights import KEYS
from reverie.training.errors import TrainingError
from reverie.training.fit.genie_held_out import HeldOutKeys
from reverie.training.fit.magenta_archive import anonymous
from reverie.training.fit.network_training import TrainedGraph
from reverie.training.genie_records import PIANO_GENIE, Keys, Waits, bins_of, notes_of
from reverie.training.judge.genie_counting import counted_loss
from reverie.training.recipes import TrainingRecipe
from reverie.training.workspace import Split, Workspace

_PAPER = "piano_genie_paper"
_SCOPE = "phero_model"
_OURS: Mapping[str, float] = {"batch_size": 32, "learning_rate": 3e-4, "decay_rate": 1.0, "grad_clip": 0.0}
"""Hyperparameters that Magenta's configuration has by another name, or not at all; without clipping, 0."""
_PARTS = ("dec_recons_loss", "stp_emb_iq_range_penalty", "stp_emb_iq_contour_penalty", "stp_emb_iq_deviate_penalty")
_WEIGHTS = ("", "train_loss_iq_range_scalar", "train_loss_iq_contour_scalar", "train_loss_iq_deviate_scalar")
_SHIFTS, _STRETCH = (-6, 6), (0.95, 1.05)
"""By how many semitones, and by which factors, examples are moved: what Magenta's loader draws from."""


def genie_config(hparams: Mapping[str, Any]) -> Any:
    """Magenta's configuration with other hyperparameters, by its own names.

    Raises:
        TrainingError: if there is none of a name, or a value is of another type.
    """
    config = copy.deepcopy(get_named_config(_PAPER)[0])
    for name, value in hparams.items():
        if name in _OURS:
            continue
        there = getattr(config, name, None)
        if there is None or not isinstance(value, type(there) if not isinstance(there, float) else int | float):
            known = ", ".join(sorted({*_OURS, *vars(config)}))
            raise TrainingError(f"a hyperparameter of {PIANO_GENIE} is wrong ({name}={value!r}); it has {known}")
        setattr(config, name, value)
    return config


class GenieTraining:
    """Piano Genie: encoder, bottleneck and decoder."""

    ending = ".tar"
    asked_config = PIANO_GENIE

    def __init__(self, recipe: TrainingRecipe) -> None:
        self._notes = recipe.window
        self._config = genie_config(recipe.hparams)
        own = {name: recipe.hparams.get(name, default) for name, default in _OURS.items()}
        self.batch_size: int = own["batch_size"]
        self._own = own
        self.hparams: Mapping[str, Any] = {**vars(self._config), **own}

    def build(self, shards: Sequence[Path], seed: int) -> TrainedGraph:
        """The graph of Magenta's ``piano_genie.train``, without its reading of files; its rate decays."""
        shape = (self.batch_size, self._notes)
        batches = tf.data.Dataset.from_generator(
            lambda: self._batches(shards, seed), (tf.int32, tf.int32), (shape, shape)
        )
        pitches, waits = tf.data.make_one_shot_iterator(batches.prefetch(2)).get_next()
        said = genie_graph(self._config, pitches, waits, *shape, training=True)
        loss = tf.add_n(
            [
                said[part] * (getattr(self._config, weight) if weight else 1.0)
                for part, weight in zip(_PARTS, _WEIGHTS, strict=True)
            ]
        )
        step = tf.train.get_or_create_global_step()
        rate = tf.train.exponential_decay(self._own["learning_rate"], step, 1, self._own["decay_rate"])
        optimizer = tf.train.AdamOptimizer(rate)
        gradients, variables = zip(*optimizer.compute_gradients(loss), strict=True)
        norm = tf.global_norm(gradients)
        tf.summary.scalar("global_norm", norm)
        for part in (*_PARTS, "stp_emb_iq_discrete_ppl", "contour_violation"):
            tf.summary.scalar(part, said[part])
        if self._own["grad_clip"]:
            gradients, _ = tf.clip_by_global_norm(gradients, self._own["grad_clip"], use_norm=norm)
        train_op = optimizer.apply_gradients(
            list(zip(gradients, variables, strict=True)), global_step=step, name="train_step"
        )
        right = tf.reduce_mean(tf.cast(tf.equal(said["dec_recons_preds"], pitches - LOWEST_PITCH), tf.float32))
        return TrainedGraph(train_op, loss, (said["dec_recons_loss"], right))

    def held_out(self, shards: Sequence[Path]) -> HeldOutKeys:
        """What measures it, by Magenta's graph."""
        return HeldOutKeys(lambda *told: genie_graph(self._config, *told, training=False), self._notes, shards)

    def least(self, workspace: Workspace, split: Split) -> Mapping[str, Any]:
        """To know how often a key occurs, and how often after which three others."""
        return counted_loss(workspace, split)

    def settings(self, shards: Sequence[Path], checkpoint: str) -> Mapping[str, Any]:  # noqa: ARG002
        """Nothing: its weights have all."""
        return {}

    def write(self, path: Path, checkpoint: str, description: str) -> None:  # noqa: ARG002 - such a file tells nothing
        """A checkpoint of encoder and decoder in an archive, without an optimizer or a graph."""
        with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default(), tf.Session() as session:
            told = tf.zeros([1, self._notes], tf.int32)
            genie_graph(self._config, told + LOWEST_PITCH, told, 1, self._notes, training=False)
            saver = tf.train.Saver()
            saver.restore(session, checkpoint)
            name = f"{path.name.removesuffix(self.ending)}.ckpt"
            saver.save(session, f"{folder}/{name}", write_meta_graph=False, write_state=False)
            with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
                for file in sorted(Path(folder).iterdir()):
                    archive.add(file, file.name, filter=anonymous)

    def _batches(self, shards: Sequence[Path], seed: int) -> Iterator[tuple[Any, Any]]:
        """Batches of pitches and bins without end: file after file in a drawn order, and each file's examples in one.

        Each example is transposed and stretched by chance.
        """
        chance = np.random.default_rng(seed)
        waiting: list[tuple[Any, Any]] = []
        while True:
            for place in chance.permutation(len(shards)):
                records = list(tf.python_io.tf_record_iterator(str(shards[place])))
                for number in chance.permutation(len(records)):
                    waiting.append(_moved(*notes_of(records[number]), chance))
                    if len(waiting) == self.batch_size:
                        pitches, bins = zip(*waiting, strict=True)
                        yield np.stack(pitches) + LOWEST_PITCH, np.stack(bins)
                        waiting = []


def genie_graph(config: Any, pitches: Any, bins: Any, batch: int, notes: int, *, training: bool) -> Mapping[str, Any]:
    """Magenta's graph of pitches and bins of time (batch, notes), in TensorFlow's current one."""
    told = {"midi_pitches": pitches, "delta_times_int": bins, "velocities": tf.zeros_like(pitches)}
    with tf.variable_scope(_SCOPE):
        return build_genie_model(told, config, batch, notes, is_training=training)


def _moved(keys: Keys, waits: Waits, chance: np.random.Generator) -> tuple[Any, Any]:
    """An example in another key, as far as the piano has room for it, and a little faster or slower."""
    low, high = _SHIFTS
    shift = chance.integers(max(low, -int(keys.min())), min(high, KEYS - 1 - int(keys.max())) + 1)
    return keys + shift, bins_of(waits * chance.uniform(*_STRETCH))
