# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""Magenta's MusicVAE as its own trainer trains it, on examples of this training."""

from __future__ import annotations

import copy
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf
from magenta.models.music_vae import configs

from reverie.models.vae.heads import Frames
from reverie.models.vae.model import KEY, OFFSET_DEVIATION, VELOCITY_DEVIATION
from reverie.training.errors import TrainingError
from reverie.training.fit.latent_held_out import HeldOutLatents
from reverie.training.fit.magenta_archive import anonymous
from reverie.training.fit.network_training import TrainedGraph
from reverie.training.held_out_figures import LatentWeighing
from reverie.training.recipes import TrainingRecipe
from reverie.training.two_bar_records import frames_of, training_converter
from reverie.training.workspace import Split, Workspace


def latent_config(recipe: TrainingRecipe) -> Any:
    """Magenta's configuration with the recipe's hyperparameters; a copy, so a graph may be built with it.

    Raises:
        TrainingError: if the recipe sets what that configuration has not, or a value of another type.
    """
    config = copy.deepcopy(configs.CONFIG_MAP[recipe.config])
    try:
        config.hparams.override_from_dict(dict(recipe.hparams))
    except (KeyError, ValueError, TypeError) as error:
        known = ", ".join(sorted(config.hparams.values()))
        raise TrainingError(f"a hyperparameter of {recipe.config} is wrong ({error}); it has {known}") from error
    return config


class LatentTraining:
    """MusicVAE, or GrooVAE."""

    ending = ".tar"

    def __init__(self, recipe: TrainingRecipe) -> None:
        self._recipe = recipe
        self._converter = training_converter(recipe.config)
        hparams = latent_config(recipe).hparams
        self.batch_size: int = hparams.batch_size
        self.asked_config = recipe.config
        self.hparams: Mapping[str, Any] = hparams.values()
        self._weighing = LatentWeighing(hparams.max_beta, hparams.free_bits)

    def build(self, shards: Sequence[Path], seed: int) -> TrainedGraph:
        """The graph of Magenta's ``music_vae_train.train``, without its devices and its own reading of files."""
        config = latent_config(self._recipe)
        hparams, depth = config.hparams, (config.data_converter.input_depth, config.data_converter.output_depth)
        shapes = tuple((self.batch_size, hparams.max_seq_len, size) for size in depth)
        batches = tf.data.Dataset.from_generator(
            lambda: self._batches(shards, depth[1], seed), (tf.float32, tf.float32), shapes
        )
        heard, said = tf.data.make_one_shot_iterator(batches.prefetch(2)).get_next()
        model = config.model
        model.build(hparams, depth[1], is_training=True)
        optimizer = model.train(heard, said, tf.fill([self.batch_size], hparams.max_seq_len))
        gradients, variables = zip(*optimizer.compute_gradients(model.loss), strict=True)
        norm = tf.global_norm(gradients)
        tf.summary.scalar("global_norm", norm)
        clipped = tf.cond(
            norm < hparams.grad_norm_clip_to_zero,
            lambda: tf.clip_by_global_norm(gradients, hparams.grad_clip, use_norm=norm)[0],
            lambda: [tf.zeros(tf.shape(gradient)) for gradient in gradients],
        )
        train_op = optimizer.apply_gradients(
            list(zip(clipped, variables, strict=True)), global_step=model.global_step, name="train_step"
        )
        return TrainedGraph(train_op, model.loss, (model.loss / hparams.max_seq_len,))

    def held_out(self, shards: Sequence[Path]) -> HeldOutLatents:
        """What measures it, in the engine that plays it."""
        return HeldOutLatents(self._recipe.config, self._weighing, shards)

    def least(self, workspace: Workspace, split: Split) -> Mapping[str, Any]:  # noqa: ARG002
        """Nothing: its loss is of other things than how often an event occurs."""
        return {}

    def settings(self, shards: Sequence[Path], checkpoint: str) -> Mapping[str, Any]:
        """How far strokes lie from what a groove's decoder says of them, or the one key that a melody model knows."""
        if self._recipe.key is not None:
            return {KEY: self._recipe.key}
        wrong = self.held_out(shards).figures(checkpoint).touch
        names = (VELOCITY_DEVIATION, OFFSET_DEVIATION)
        return dict(zip(names, (round(one, 4) for one in wrong), strict=True)) if wrong else {}

    def write(self, path: Path, checkpoint: str, description: str) -> None:  # noqa: ARG002 - such a file tells nothing
        """A checkpoint as Magenta publishes those of MusicVAE: in an archive, without an optimizer or a graph.

        Magenta must be told the hyperparameters, which the card has.
        """
        config = latent_config(self._recipe)
        converter, hparams = config.data_converter, config.hparams
        hparams.override_from_dict({"batch_size": 1})
        with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default(), tf.Session() as session:
            model = config.model
            model.build(hparams, converter.output_depth, is_training=False)
            model.encode(tf.zeros([1, hparams.max_seq_len, converter.input_depth]), [hparams.max_seq_len])
            model.sample(1, max_length=1, z=tf.zeros([1, hparams.z_size]), temperature=1.0)
            saver = tf.train.Saver()
            saver.restore(session, checkpoint)
            name = f"{path.name.removesuffix(self.ending)}.ckpt"
            saver.save(session, f"{folder}/{name}", write_meta_graph=False, write_state=False)
            with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
                for file in sorted(Path(folder).iterdir()):
                    archive.add(file, file.name, filter=anonymous)

    def _batches(self, shards: Sequence[Path], depth: int, seed: int) -> Iterator[tuple[Any, Any]]:
        """Batches without end: file after file in a drawn order, and each file's examples in one."""
        chance = np.random.default_rng(seed)
        waiting: list[Frames] = []
        while True:
            for place in chance.permutation(len(shards)):
                records = list(tf.python_io.tf_record_iterator(str(shards[place])))
                for number in chance.permutation(len(records)):
                    waiting.append(frames_of(self._recipe.config, records[number]))
                    if len(waiting) == self.batch_size:
                        heard = np.stack([self._vectors(self._converter.heard(frames), depth) for frames in waiting])
                        yield heard, np.stack([self._vectors(frames, depth) for frames in waiting])
                        waiting = []

    @staticmethod
    def _vectors(frames: Frames, depth: int) -> Any:
        if np.issubdtype(frames.dtype, np.integer):
            return np.eye(depth, dtype=np.float32)[frames[:, 0]]
        return frames.astype(np.float32)
