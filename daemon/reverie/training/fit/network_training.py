# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""What training needs of a network: Magenta's graph, what it makes of examples that are held out, and its files."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import tensorflow.compat.v1 as tf
from magenta.models.shared import events_rnn_graph

from reverie.magenta.families import Family
from reverie.training.fit.held_out import HeldOutExamples, unigram_loss
from reverie.training.held_out_figures import HeldOutFigures
from reverie.training.judge.example_likelihood import markov_loss
from reverie.training.judge.markov import ORDER
from reverie.training.workspace import Split, Workspace


@dataclass(frozen=True, slots=True)
class TrainedGraph:
    """The tensors of a graph: what makes a step, its loss, and what people are told of each (loss, then accuracy)."""

    train_op: Any
    loss: Any
    measured: tuple[Any, ...]


class HeldOutFit(Protocol):
    """Examples that are held out."""

    def figures(self, checkpoint: str) -> HeldOutFigures:
        """What the network makes of them under a checkpoint's weights."""
        ...


class NetworkTraining(Protocol):
    """One of Magenta's networks."""

    @property
    def batch_size(self) -> int:
        """How many examples a step learns from."""
        ...

    @property
    def hparams(self) -> Mapping[str, Any]:
        """All hyperparameters of Magenta's."""
        ...

    @property
    def ending(self) -> str:
        """Of the file that Magenta's own programs read."""
        ...

    @property
    def asked_config(self) -> str:
        """The configuration, where that file does not say it; else nothing."""
        ...

    def build(self, shards: Sequence[Path], seed: int) -> TrainedGraph:
        """Add the graph that learns from files of examples to TensorFlow's current one; ``seed`` draws their order."""
        ...

    def held_out(self, shards: Sequence[Path]) -> HeldOutFit:
        """What measures the network by files of examples."""
        ...

    def least(self, workspace: Workspace, split: Split) -> Mapping[str, Any]:
        """What a network that has learned anything is better than on a split, for its card."""
        ...

    def settings(self, shards: Sequence[Path], checkpoint: str) -> Mapping[str, Any]:
        """What the engine must know beside the weights of a checkpoint, measured on files of examples."""
        ...

    def write(self, path: Path, checkpoint: str, description: str) -> None:
        """Write the weights of a checkpoint as Magenta's own programs read them."""
        ...


class EventTraining:
    """A network that says one event after the other, of one of Magenta's configurations."""

    ending = ".mag"
    asked_config = ""

    def __init__(self, family: Family, config: Any) -> None:
        self._family = family
        self._config = config
        self.batch_size: int = config.hparams.batch_size
        self.hparams: Mapping[str, Any] = config.hparams.values()

    def build(self, shards: Sequence[Path], seed: int) -> TrainedGraph:  # noqa: ARG002 - Magenta's threads draw it
        """Magenta's graph; it reads the examples itself, in an order that its threads make."""
        events_rnn_graph.get_build_graph_fn("train", self._config, list(map(str, shards)))()
        train_op, loss, accuracy = (tf.get_collection(name)[0] for name in ("train_op", "loss", "metrics/accuracy"))
        return TrainedGraph(train_op, loss, (loss, accuracy))

    def held_out(self, shards: Sequence[Path]) -> HeldOutExamples:
        """What measures it, by Magenta's graph for generating."""
        return HeldOutExamples(self._config, shards)

    def least(self, workspace: Workspace, split: Split) -> Mapping[str, Any]:
        """To know how often an event occurs; and how often after which three others, as a Markov model does."""
        classes: int = self._config.encoder_decoder.num_classes
        unigram = unigram_loss(workspace.shards(split), workspace.shards("train"), classes)
        markov = markov_loss(workspace, classes, split)
        return {"unigram": _rounded(unigram), "markov": {**_rounded(markov), "order": ORDER}}

    def settings(self, shards: Sequence[Path], checkpoint: str) -> Mapping[str, Any]:  # noqa: ARG002
        """Nothing: Magenta's bundle has all."""
        return {}

    def write(self, path: Path, checkpoint: str, description: str) -> None:
        """A bundle of Magenta's.

        It keeps the batch size of its graph, and its generator computes that many sequences to return one; so the graph
        is built anew for a batch of one. It has no optimizer, whose variables are left behind with it.
        """
        config = copy.deepcopy(self._config)
        config.hparams.override_from_dict({"batch_size": 1})
        generator = self._family.generator_of(config, checkpoint)
        with generator:
            generator.create_bundle_file(str(path), description)


def _rounded(loss: float) -> dict[str, float]:
    return {"loss": round(loss, 4), "perplexity": round(math.exp(loss), 3)}
