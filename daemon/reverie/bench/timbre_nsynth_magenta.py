# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""Magenta's fastgen with random weights of the published shape: what NSynth's decoder is timed against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import reverie.magenta  # noqa: F401 - prepares TensorFlow  # isort: skip
import tensorflow.compat.v1 as tf
from magenta.models.nsynth.wavenet import fastgen


class Fastgen:
    """Its graph in a session, and its loop (``synthesize``), a few samples at a time."""

    def __init__(self, encodings: NDArray[np.float32]) -> None:
        """Build the graph for as many notes as there are encodings [notes, frames, channels]."""
        self._encodings = encodings
        self._position = 0
        self._audio = np.zeros((len(encodings), 1))
        self._graph = tf.Graph()
        with self._graph.as_default():
            self._net = fastgen.load_fastgen_nsynth(batch_size=len(encodings))
            self._session = tf.Session(config=tf.ConfigProto(allow_soft_placement=True))
            self._session.run(tf.global_variables_initializer())
            self._session.run(self._net["init_ops"])

    def run(self, samples: int) -> None:
        """Make so many samples more of each note."""
        for _ in range(samples):
            encoding = self._encodings[:, self._position // 512 % self._encodings.shape[1]]
            self._audio = fastgen.generate_audio_sample(self._session, self._net, self._audio, encoding)
            self._position += 1
