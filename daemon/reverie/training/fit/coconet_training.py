# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""Magenta's Coconet, trained on examples of this training.

The loss is the paper's, that of an orderless NADE: of each example a drawn number of places is hidden, and the mean
over these counts, whatever their number.
"""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf
import yaml
from magenta.models.coconet import lib_graph, lib_hparams
from numpy.typing import NDArray

from reverie.models.coconet.design import PARTS, CoconetDesign
from reverie.training.coconet_recipe import MOST_MOVED, coconet_hparams
from reverie.training.coconet_records import REST, grid_of, moves_within
from reverie.training.errors import TrainingError
from reverie.training.fit.coconet_held_out import HeldOutParts, unigram_loss
from reverie.training.fit.network_training import TrainedGraph
from reverie.training.judge.example_likelihood import records_in
from reverie.training.judge.part_likelihood import hidden_places
from reverie.training.recipes import TrainingRecipe
from reverie.training.workspace import Split, Workspace

_CHECKPOINT = "best_model.ckpt"
"""Where Magenta's ``load_checkpoint`` looks, beside ``config``."""
_CONFIG = "config"
_HALVED = "halved_after"
"""A hyperparameter of this training, and not of Magenta's network: after how many steps the learning rate is halved."""
_DEFAULT_HALVED = 2000


class CoconetTraining:
    """Coconet, as Magenta's ``lib_graph`` builds it."""

    ending = ".tar"
    asked_config = "coconet"

    def __init__(self, recipe: TrainingRecipe) -> None:
        """Check the hyperparameters.

        Raises:
            TrainingError: if Magenta has no such one, or a model of them is not played here.
        """
        told = coconet_hparams(recipe)
        self._halved = int(told.pop(_HALVED, _DEFAULT_HALVED))
        try:
            hparams: Any = lib_hparams.Hyperparameters(**told)
            self._design = CoconetDesign.of_hparams(vars(hparams))
            hparams.get_conv_arch()
        except (ValueError, TypeError, AssertionError) as error:
            raise TrainingError(f"a hyperparameter of {recipe.config} is wrong ({error})") from error
        self._told = told
        self.batch_size: int = hparams.batch_size
        self.hparams: Mapping[str, Any] = {**told, "learning_rate": hparams.learning_rate, _HALVED: self._halved}

    def build(self, shards: Sequence[Path], seed: int) -> TrainedGraph:
        """Magenta's graph; the learning rate, which Magenta halves by hand, falls step by step."""
        shape = (self.batch_size, self._design.span, self._design.pitches, PARTS)
        batches = tf.data.Dataset.from_generator(
            lambda: self._batches(shards, seed), (tf.float32, tf.float32), (shape, shape)
        )
        rolls, masks = tf.data.make_one_shot_iterator(batches.prefetch(2)).get_next()
        step = tf.train.get_or_create_global_step()
        lengths = tf.fill([self.batch_size], float(self._design.span))
        told = {"pianorolls": rolls, "masks": masks, "lengths": lengths}
        graph = lib_graph.build_graph(True, self._hyperparameters(), direct_inputs=told, use_placeholders=False)
        rate = tf.train.exponential_decay(self.hparams["learning_rate"], step, self._halved, 0.5)
        slower = graph.learning_rate.assign(rate)
        hidden = tf.reduce_max(masks, axis=2) * tf.reduce_max(rolls, axis=2)
        right = tf.cast(tf.equal(tf.argmax(graph.logits, axis=2), tf.argmax(rolls, axis=2)), tf.float32)
        accuracy = tf.reduce_sum(right * hidden) / tf.reduce_sum(hidden)
        tf.summary.scalar("loss", graph.loss)
        return TrainedGraph(tf.group(graph.train_op, slower), graph.loss, (graph.loss, accuracy))

    def held_out(self, shards: Sequence[Path]) -> HeldOutParts:
        """What measures it, in the engine that plays it."""
        return HeldOutParts(self._design, shards)

    def least(self, workspace: Workspace, split: Split) -> Mapping[str, Any]:
        """To know how often each part has a pitch."""
        loss = unigram_loss(self._design, workspace.shards(split), workspace.shards("train"))
        return {"unigram": {"loss": round(loss, 4), "perplexity": round(float(np.exp(loss)), 3)}}

    def settings(self, shards: Sequence[Path], checkpoint: str) -> Mapping[str, Any]:  # noqa: ARG002
        """Nothing: Magenta's configuration has all."""
        return {}

    def write(self, path: Path, checkpoint: str, description: str) -> None:  # noqa: ARG002 - such a file tells nothing
        """A checkpoint and its configuration as Magenta's ``load_checkpoint`` reads them, in an archive."""
        with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default(), tf.Session() as session:
            hparams = self._hyperparameters()
            lib_graph.build_graph(False, hparams)
            saver = tf.train.Saver()
            saver.restore(session, checkpoint)
            saver.save(session, f"{folder}/{_CHECKPOINT}", write_meta_graph=False, write_state=False)
            told = {name: value for name, value in vars(hparams).items() if name in self._told}
            (Path(folder) / _CONFIG).write_text(yaml.safe_dump(told), encoding="utf-8")
            with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
                for file in sorted(Path(folder).iterdir()):
                    archive.add(file, file.name, filter=_anonymous)

    def _hyperparameters(self) -> Any:
        return lib_hparams.Hyperparameters(**self._told)

    def _batches(self, shards: Sequence[Path], seed: int) -> Iterator[tuple[Any, Any]]:
        """Batches of examples and of what is hidden of them, without end, in an order that is drawn."""
        chance = np.random.default_rng(seed)
        grids = np.stack([grid for shard in shards for grid in grids_in(shard)]).astype(np.int16)
        while True:
            order = chance.permutation(len(grids))
            for first in range(0, len(order) - self.batch_size + 1, self.batch_size):
                chosen = [self._moved(grids[place], chance) for place in order[first : first + self.batch_size]]
                hidden = [hidden_places(grid.shape, chance) for grid in chosen]
                yield self._rolls(np.stack(chosen)), self._masks(np.stack(hidden))

    def _moved(self, grid: NDArray[np.int16], chance: np.random.Generator) -> NDArray[np.int16]:
        ways = moves_within(grid, self._design.lowest, self._design.lowest + self._design.pitches - 1, MOST_MOVED)
        return np.where(grid == REST, REST, grid + ways[int(chance.integers(len(ways)))]).astype(np.int16)

    def _rolls(self, grids: NDArray[np.int16]) -> Any:
        pitches = np.arange(self._design.pitches) + self._design.lowest
        return (grids[:, :, None, :] == pitches[None, None, :, None]).astype(np.float32)

    def _masks(self, hidden: NDArray[np.bool_]) -> Any:
        return np.repeat(hidden[:, :, None, :], self._design.pitches, axis=2).astype(np.float32)


def grids_in(shard: Path) -> Iterator[NDArray[np.int64]]:
    """The examples of a file."""
    for record in records_in(shard):
        yield grid_of(record)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the name of whoever trained, and when."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member
