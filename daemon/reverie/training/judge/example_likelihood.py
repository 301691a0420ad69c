"""Perplexity of any recurrent model, on the examples that a dataset has of it: whatever its events are.

Examples are read without TensorFlow: a TFRecord file is a row of lengths and bytes, and a SequenceExample a protocol
buffer with an input vector and a class for each event but the first.

Sources: ``tensorflow/core/lib/io/record_writer.h`` and ``tensorflow/core/example/example.proto``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reverie.models.encodings.base import Hot, Label
from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle
from reverie.models.library.formats.crc32c import masked_crc32c
from reverie.models.library.formats.protobuf import Message, read_varint
from reverie.models.recurrent.model import RecurrentModel
from reverie.models.recurrent.sampling import chances
from reverie.training.errors import TrainingError
from reverie.training.judge.likelihood import Likelihood, compared_likelihood
from reverie.training.judge.markov import MarkovModel
from reverie.training.workspace import Split, Workspace

_BATCH = 64
_LENGTH = struct.Struct("<QI")
_CHECK = struct.Struct("<I")
_FEATURE_LISTS, _ENTRIES, _FEATURES, _FLOATS, _INTEGERS = 2, 1, 1, 2, 3
_HEARD = -1
"""What stands for the first event of an example, which is heard and never asked for."""
_NOTHING = Hot((), ())
_LEAST = float(np.finfo(np.float32).tiny)
"""The chance of an event that is held to be impossible."""


class KeptExample(NamedTuple):
    """What a model hears, and the class of what comes next, event by event."""

    inputs: tuple[Hot, ...]
    labels: tuple[Label, ...]


def judge_perplexity(
    bundle: Bundle,
    workspace: Workspace,
    report: Callable[[int, int], None] = lambda _done, _of: None,
    learned: Iterable[Sequence[Label]] | None = None,
) -> Likelihood:
    """Measure a recurrent model, and a Markov model of the same labels, on the examples of a workspace.

    The Markov model is trained on all training examples, transposed and stretched ones too, and fitted on those of the
    validation split. The gain is drawn anew over held-out examples.

    Args:
        bundle: of any recurrent family.
        workspace: has the examples of its configuration.
        report: is told how many held-out examples are done, of how many.
        learned: the labels of the training examples, where they were read already.

    Raises:
        ModelError: if it is no recurrent model.
        TrainingError: if there are no examples, they are damaged, or those of another configuration.
    """
    model = RecurrentModel(bundle)
    test = list(read_examples(workspace, "test"))
    if not test or not workspace.shards("train"):
        raise TrainingError(
            f"{workspace.examples}: has no examples to train on, or none held out; make the dataset first"
        )
    losses = example_losses(model, test, report)

    told = [[_HEARD, *one.labels] for one in test]
    training = _labels(workspace, "train") if learned is None else ([_HEARD, *one] for one in learned)
    counted = training, _labels(workspace, "validation"), told
    found = compared_likelihood(model, counted, losses, [str(number) for number in range(len(test))])
    return replace(found, parts="examples")


def markov_loss(workspace: Workspace, classes: int, split: Split = "test") -> float:
    """What a Markov model of the same labels makes of the examples of a split, in nats an event.

    Args:
        workspace: has examples to count, and others to fit its weights on.
        classes: how many labels there are.
        split: what is foretold.

    Raises:
        TrainingError: if a file is damaged.
        ValueError: if the split has no examples.
    """
    markov = MarkovModel(classes)
    markov.learn(_labels(workspace, "train"))
    markov.fit(_labels(workspace, "validation"))
    costs = np.concatenate([-markov.log_chances(one) for one in _labels(workspace, split)])
    return float(costs.mean())


def _labels(workspace: Workspace, split: Split) -> Iterator[list[Label]]:
    return ([_HEARD, *one.labels] for one in read_examples(workspace, split, heard=False))


def example_losses(
    model: RecurrentModel, examples: Sequence[KeptExample], report: Callable[[int, int], None]
) -> NDArray[np.float64]:
    """The model's loss of each example in nats, summed over its events.

    Raises:
        TrainingError: if the examples are those of another configuration.
    """
    losses = np.zeros(len(examples))
    heads = model.encoding.classes
    bounds = tuple(int(bound) for bound in np.cumsum(heads)[:-1])
    order = sorted(range(len(examples)), key=lambda place: len(examples[place].labels))
    for first in range(0, len(order), _BATCH):
        rows = order[first : first + _BATCH]
        batch = [examples[row] for row in rows]
        run = model.network.run(model.network.start(len(rows)))
        for place in range(len(batch[-1].labels)):
            going = [number for number, one in enumerate(batch) if place < len(one.labels)]
            heard = [one.inputs[place] if place < len(one.labels) else _NOTHING for one in batch]
            try:
                logits = run.step(heard)
                parts = [chances(head) for head in np.split(logits, bounds)]
                for number in going:
                    label = batch[number].labels[place]
                    classes = label if isinstance(label, tuple) else (label,)
                    for part, index in zip(parts, classes, strict=True):
                        losses[rows[number]] -= float(np.log(max(float(part[index, number]), _LEAST)))
            except (IndexError, ValueError) as error:
                raise TrainingError(f"the examples are none of {model.name}: {error}") from error
        report(first + len(rows), len(order))
    return losses


def read_examples(workspace: Workspace, split: Split, *, heard: bool = True) -> Iterator[KeptExample]:
    """The examples of a split, file by file; without what is ``heard`` they are read several times faster.

    Raises:
        TrainingError: if a file is damaged.
    """
    for path in workspace.shards(split):
        try:
            yield from (example_of(record, heard=heard) for record in records_in(path))
        except ModelError as error:
            raise TrainingError(f"{path}: {error}") from error


def records_in(path: Path) -> Iterator[bytes]:
    """The records of a TFRecord file.

    Raises:
        ModelError: if it is damaged.
    """
    with path.open("rb") as file:
        while head := file.read(_LENGTH.size):
            if len(head) < _LENGTH.size:
                raise ModelError("is cut off")
            length, check = _LENGTH.unpack(head)
            if masked_crc32c(head[:8]) != check:
                raise ModelError("is damaged")
            data, tail = file.read(length), file.read(_CHECK.size)
            if len(data) < length or len(tail) < _CHECK.size:
                raise ModelError("is cut off")
            yield data


def example_of(record: bytes, *, heard: bool = True) -> KeptExample:
    """Read a SequenceExample.

    Raises:
        ModelError: if it is none of a model that hears and is asked.
    """
    lists = {entry.text(1): entry.message(2) for entry in Message(record).message(_FEATURE_LISTS).messages(_ENTRIES)}
    if not {"inputs", "labels"} <= set(lists):
        raise ModelError("has an example without inputs or labels")
    inputs = tuple(_hot(step) for step in lists["inputs"].messages(_FEATURES)) if heard else ()
    return KeptExample(inputs, tuple(_label(step) for step in lists["labels"].messages(_FEATURES)))


def _hot(step: Message) -> Hot:
    """What is not zero of an input vector."""
    vector = np.frombuffer(step.message(_FLOATS).data(1), "<f4")
    places = np.flatnonzero(vector)
    return Hot(tuple(places.tolist()), tuple(vector[places].tolist()))


def _label(step: Message) -> Label:
    packed = step.message(_INTEGERS).data(1)
    values, at = list[int](), 0
    while at < len(packed):
        value, at = read_varint(packed, at)
        values.append(value)
    return values[0] if len(values) == 1 else tuple(values)
