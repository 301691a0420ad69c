# pyright: basic, reportMissingModuleSource=false
# TensorFlow has no types.
"""Examples of Piano Genie that are held out while it is trained: which keys it says, told its own encoder's buttons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf

from reverie.models.genie.decoder import LOWEST_PITCH
from reverie.models.genie.weights import BUTTONS
from reverie.training.genie_records import Keys, Waits, bins_of, notes_of
from reverie.training.held_out_figures import ContourFigures

_ROWS = 32
"""Examples that are heard side by side."""
_LEAST = 1e-37
"""Near the least that float32 holds."""

Graph = Callable[[Any, Any, int, int], Mapping[str, Any]]
"""Magenta's graph of pitches and bins, and how many examples of how many notes they are."""


def examples_in(paths: Sequence[Path]) -> Iterator[tuple[Keys, Waits]]:
    """The examples of files: keys, and the seconds before each."""
    for path in paths:
        for record in tf.python_io.tf_record_iterator(str(path)):
            yield notes_of(record)


class HeldOutKeys:
    """Examples that are held out, and the network that is asked about them."""

    def __init__(self, graph: Graph, notes: int, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._graph = tf.Graph()
        with self._graph.as_default():
            self._pitches, self._bins = (tf.placeholder(tf.int32, (_ROWS, notes)) for _ in range(2))
            said = graph(self._pitches, self._bins, _ROWS, notes)
            self._said = [said["dec_recons_scores"], said["stp_emb_iq_discrete"]]
            self._saver = tf.train.Saver()

    def figures(self, checkpoint: str) -> ContourFigures:
        """Loss, accuracy and contour under a checkpoint's weights.

        Raises:
            ValueError: if there are no examples.
        """
        loss = right = keys = 0.0
        steps = with_them = against = 0
        pressed = np.zeros(BUTTONS)
        examples = examples_in(self._paths)
        with tf.Session(graph=self._graph) as session:
            self._saver.restore(session, checkpoint)
            while rows := list(islice(examples, _ROWS)):
                told = [np.stack([row[0] for row in rows]), np.stack([bins_of(row[1]) for row in rows])]
                full = [np.resize(one, (_ROWS, one.shape[1])) for one in told]
                feed = {self._pitches: full[0] + LOWEST_PITCH, self._bins: full[1]}
                scores, buttons = (one[: len(rows)] for one in session.run(self._said, feed))
                found = np.take_along_axis(scores, told[0][..., None], axis=-1)
                loss -= float(np.log(np.maximum(found, _LEAST)).sum())
                right += float((scores.argmax(axis=-1) == told[0]).sum())
                keys += told[0].size
                way, pressed_way = np.sign(np.diff(told[0])), np.sign(np.diff(buttons))
                steps += int((way != 0).sum())
                with_them += int(((way != 0) & (way == pressed_way)).sum())
                against += int((way * pressed_way < 0).sum())
                pressed += np.bincount(buttons.reshape(-1), minlength=BUTTONS)
        if not keys:
            raise ValueError("there are no examples")
        shares = tuple(float(one) for one in pressed / pressed.sum())
        changes = max(steps, 1)
        return ContourFigures(loss / keys, right / keys, int(keys), with_them / changes, against / changes, shares)
