# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""What a model makes of examples that no training sees, in memory that does not grow with them.

Examples are read a few at a time and heard in passages of bounded length; the network's state is carried from one to
the next, so that the answer is that of hearing each example whole.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf
from magenta.models.shared import events_rnn_graph

from reverie.training.held_out_figures import HeldOutFigures

_ROWS = 16
"""Examples that are heard side by side."""
_PASSAGE = 256
"""Events that are heard at once: with 512 classes and 16 rows, 8 MB of chances."""
_LEAST_PROBABILITY = 1e-37
"""Near the least that float32 holds: an event held to be impossible costs 85 nats, not infinitely many."""


def count_records(paths: Iterable[Path]) -> int:
    """How many examples TFRecord files have."""
    return sum(1 for path in paths for _ in tf.python_io.tf_record_iterator(str(path)))


def labels_in(paths: Iterable[Path]) -> Iterator[np.ndarray]:
    """The events of each SequenceExample, as class numbers."""
    for _, labels in _examples(paths):
        yield labels


def _examples(paths: Iterable[Path]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for path in paths:
        for record in tf.python_io.tf_record_iterator(str(path)):
            lists = tf.train.SequenceExample.FromString(record).feature_lists.feature_list
            inputs = np.array([step.float_list.value for step in lists["inputs"].feature], np.float32)
            yield inputs, np.array([step.int64_list.value[0] for step in lists["labels"].feature], np.int64)


def unigram_loss(paths: Sequence[Path], training: Sequence[Path], classes: int) -> float:
    """Mean cross-entropy of an event in ``paths`` if every event is drawn by its frequency in ``training``.

    The least a model must beat. One is added to each count, so that what never occurred stays possible.
    """
    counts = np.ones(classes)
    for labels in labels_in(training):
        counts += np.bincount(labels, minlength=classes)
    costs = -np.log(counts / counts.sum())
    total = events = 0.0
    for labels in labels_in(paths):
        total += float(costs[labels].sum())
        events += len(labels)
    return total / events


class HeldOutExamples:
    """Examples that are held out, and the network that is asked about them: Magenta's graph for generating.

    All events count, and count the same: Magenta's own evaluation leaves out what does not fill a batch.
    """

    def __init__(self, config: Any, paths: Sequence[Path]) -> None:
        self._paths = paths
        config = copy.deepcopy(config)
        config.hparams.override_from_dict({"batch_size": _ROWS})
        self._graph = tf.Graph()
        with self._graph.as_default():
            events_rnn_graph.get_build_graph_fn("generate", config)()
            names = ("inputs", "temperature", "softmax")
            self._inputs, self._temperature, self._softmax = (tf.get_collection(name)[0] for name in names)
            self._first = tf.get_collection("initial_state")
            self._last = tf.get_collection("final_state")
            self._saver = tf.train.Saver()

    def figures(self, checkpoint: str) -> HeldOutFigures:
        """Loss and accuracy under a checkpoint's weights.

        Raises:
            ValueError: if there are no examples.
        """
        loss = right = events = 0.0
        with tf.Session(graph=self._graph) as session:
            self._saver.restore(session, checkpoint)
            examples = _examples(self._paths)
            while rows := list(islice(examples, _ROWS)):
                for chances, labels in self._heard(session, rows):
                    found = chances[np.arange(len(labels)), labels]
                    loss -= float(np.log(np.maximum(found, _LEAST_PROBABILITY)).sum())
                    right += float((chances.argmax(axis=1) == labels).sum())
                    events += len(labels)
        if not events:
            raise ValueError("there are no examples")
        return HeldOutFigures(loss / events, right / events, int(events))

    def _heard(self, session: Any, rows: Sequence[Any]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The chances of all events, and which events came, example by example and passage by passage."""
        longest = max(len(labels) for _, labels in rows)
        width = rows[0][0].shape[1]
        state = None
        for begin in range(0, longest, _PASSAGE):
            length = min(_PASSAGE, longest - begin)
            told = np.zeros((_ROWS, length, width), np.float32)
            for row, (inputs, _) in enumerate(rows):
                passage = inputs[begin : begin + length]
                told[row, : len(passage)] = passage
            feed: dict[Any, Any] = {self._inputs: told, self._temperature: 1.0}
            if state is not None:
                feed |= dict(zip(self._first, state, strict=True))
            state, chances = session.run([self._last, self._softmax], feed)
            for row, (_, labels) in enumerate(rows):
                passage = labels[begin : begin + length]
                if len(passage):
                    yield chances[row, : len(passage)], passage
