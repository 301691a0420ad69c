# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""Magenta's own Pianoroll-RNN-NADE with random weights of the real shape: what the engine must equal."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np


class MagentaNade:
    """Magenta's graphs in a session, with random weights; every bias is random too, so that none is forgotten.

    One is what Magenta generates with. The other is made of the same parts: likelihoods as in training, and samples at
    a temperature, which Magenta's ``Nade`` can draw though its generator does not ask for it. Their random numbers are
    fed.
    """

    def __init__(self, name: str, batch: int, seed: int = 1) -> None:
        import reverie.magenta  # noqa: F401, I001 - makes the others importable
        import tensorflow.compat.v1 as tf
        from magenta.models.pianoroll_rnn_nade import pianoroll_rnn_nade_graph as graph
        from magenta.models.pianoroll_rnn_nade import pianoroll_rnn_nade_model as model
        from magenta.models.shared import events_rnn_graph

        self.name = name
        self.config: Any = copy.deepcopy(model.default_configs[name])
        self.config.hparams.batch_size = batch
        hparams = self.config.hparams
        rng = np.random.default_rng(seed)
        options = tf.ConfigProto()
        # Optimizing thousands of small operations takes longer than running them.
        options.graph_options.rewrite_options.disable_meta_optimizer = True

        self._generating = tf.Session(graph=tf.Graph(), config=options)
        with self._generating.graph.as_default():
            graph.get_build_graph_fn("generate", self.config)()
            self.weights = {v.op.name: _random(rng, v.op.name, v.shape.as_list()) for v in tf.global_variables()}
            self._load(self._generating)
            self._saver = tf.train.Saver()
            collected = self._generating.graph.get_collection
            self._inputs, self._sample, self._log_prob = (collected(key)[0] for key in ("inputs", "sample", "log_prob"))
            self._initial, self._final = collected("initial_state"), collected("final_state")
        self.zero_state = self._generating.run(self._initial)

        self._judging = tf.Session(graph=tf.Graph(), config=options)
        with (
            self._judging.graph.as_default(),
            mock.patch("tensorflow_probability.python.distributions.bernoulli.samplers.uniform", self._next_uniform),
        ):
            cell = events_rnn_graph.make_rnn_cell(hparams.rnn_layer_sizes, attn_length=hparams.attn_length)
            rnn_nade = graph.RnnNade(cell, num_dims=88, num_hidden=hparams.nade_hidden_units)
            self._rolls = tf.placeholder(tf.float32, [batch, None, 88])
            self._judged = rnn_nade.log_prob(self._rolls, tf.tile(tf.shape(self._rolls)[1:2], [batch]))
            self._biases = (
                tf.placeholder(tf.float32, [batch, hparams.nade_hidden_units]),
                tf.placeholder(tf.float32, [batch, 88]),
            )
            self._uniforms = tf.placeholder(tf.float32, [batch, 88])
            self._temperature = tf.placeholder(tf.float32, [])
            self._numbers = iter(tf.unstack(self._uniforms, axis=1))
            self._drawn = rnn_nade._nade.sample(*self._biases, temperature=self._temperature)
            self._load(self._judging)

    def step(self, state: list[np.ndarray], frames: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        """One step of Magenta's generator: what it samples from ``state``, how likely, and the state after ``frames``.

        Args:
            state: of the whole graph.
            frames: (batch, steps, keys).
        """
        feed = dict(zip(self._initial, state, strict=True)) | {self._inputs: frames}
        return self._generating.run((self._sample, self._log_prob, self._final), feed)

    def judge(self, rolls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How likely each frame (batch * steps,) and each key (batch * steps, keys) of some rolls is, as trained."""
        return self._judging.run(self._judged, {self._rolls: rolls})

    def draw(self, state: list[np.ndarray], uniforms: np.ndarray, temperature: float) -> tuple[np.ndarray, np.ndarray]:
        """Frames (batch, keys) drawn from a state by given numbers, and how likely they are (batch,)."""
        feed = dict(zip(self._biases, state[:2], strict=True))
        return self._judging.run(self._drawn, feed | {self._uniforms: uniforms, self._temperature: temperature})

    def write_checkpoint(self, folder: Path) -> Path:
        """Save the weights as Magenta's training does."""
        with self._generating.graph.as_default():
            return Path(self._saver.save(self._generating, str(folder / "model.ckpt")))

    def write_bundle(self, path: Path) -> None:
        """Export the weights as Magenta's own program does: a checkpoint, then a ``.mag``."""
        from magenta.models.pianoroll_rnn_nade import pianoroll_rnn_nade_model as model
        from magenta.models.pianoroll_rnn_nade import pianoroll_rnn_nade_sequence_generator as generator

        checkpoint = self.write_checkpoint(path.parent)
        made = generator.PianorollRnnNadeSequenceGenerator(
            model.PianorollRnnNadeModel(self.config),
            self.config.details,
            steps_per_quarter=self.config.steps_per_quarter,
            checkpoint=str(checkpoint),
        )
        with made:
            made.create_bundle_file(str(path), "random weights")

    def close(self) -> None:
        self._generating.close()
        self._judging.close()

    def _load(self, session: Any) -> None:
        import tensorflow.compat.v1 as tf

        for variable in tf.global_variables():
            variable.load(self.weights[variable.op.name], session)

    def _next_uniform(self, shape: Any, **_: Any) -> Any:
        import tensorflow.compat.v1 as tf

        return tf.reshape(next(self._numbers), shape)


def _random(rng: np.random.Generator, name: str, shape: list[int]) -> np.ndarray:
    """About Magenta's own initial values, with biases, and a NADE in which one key matters to the others."""
    if len(shape) == 1:
        return rng.normal(0.0, 0.3, shape).astype(np.float32)
    width = 0.3 if name.startswith("nade") else 1.0 / np.sqrt(np.prod(shape[:-1]))
    return (rng.normal(0.0, width, shape)).astype(np.float32)
