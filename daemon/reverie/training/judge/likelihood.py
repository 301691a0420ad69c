"""How likely a model finds held-out music, beside a Markov model of the same labels, and how sure the difference is.

What counts is the event. A melody's encoding may say one in several ways, as the note that it is, or as what was heard
one or two bars ago; what a model finds likely in any of them, it finds likely.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reverie.models.encodings.base import Encoding, Label
from reverie.models.encodings.key_melody import KeyMelody
from reverie.models.encodings.lookback import Lookback
from reverie.models.recurrent.model import RecurrentModel
from reverie.training.judge.judged_music import JudgedMusic, JudgedPassage
from reverie.training.judge.markov import ORDER, MarkovModel

_BATCH = 64
_LEAST = float(np.finfo(np.float32).tiny)
"""The chance of an event that is held to be impossible."""
_RESAMPLED = 2000
_UNSURE = _RESAMPLED // 40
"""How many of these lie below, and above, the middle 95 of 100."""


Meanings = Sequence[tuple[int, ...]]
"""By event, all classes that mean it."""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """What a model makes of held-out music, beside an interpolated Markov model of order ``order``.

    Losses are in nats an event. ``better`` is the share by which the model's perplexity is lower than the Markov
    model's, and ``between`` is where it lies for 95 of 100 other choices of as many held-out ``parts``.
    """

    loss: float
    markov_loss: float
    events: int
    pieces: int
    between: tuple[float, float]
    weights: tuple[float, ...]
    order: int = ORDER
    parts: Literal["pieces", "examples"] = "pieces"

    @property
    def perplexity(self) -> float:
        """The model's."""
        return math.exp(self.loss)

    @property
    def markov_perplexity(self) -> float:
        """The Markov model's."""
        return math.exp(self.markov_loss)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "model": short(self.perplexity),
            "markov": short(self.markov_perplexity),
            "order": self.order,
            "weights": list(self.weights),
            "better": short(self.better),
            "between": [short(one) for one in self.between],
            "events": self.events,
            self.parts: self.pieces,
        }

    @property
    def better(self) -> float:
        """The share by which the model's perplexity is lower; below 0 if it is higher."""
        return 1 - math.exp(self.loss - self.markov_loss)


def short(value: float) -> float:
    """A figure to four digits."""
    return float(f"{value:.4g}")


def likelihood(
    model: RecurrentModel, music: JudgedMusic, report: Callable[[int, int], None] = lambda _done, _of: None
) -> Likelihood:
    """Measure both on the held-out music; the Markov model is trained and fitted on the same splits.

    Args:
        model: what is judged.
        music: by split.
        report: is told how many held-out passages are done, of how many.

    Raises:
        ValueError: if there is no music to train on, or none held out.
    """
    if not music["train"] or not music["test"]:
        raise ValueError("perplexity needs music that was trained on, and music that was held out")
    own = model_losses(model, music["test"], report)
    labels = labels_of(model, music["train"]), labels_of(model, music["validation"]), labels_of(model, music["test"])
    meanings = tuple(list(meanings_of(model, music[split])) for split in ("validation", "test"))
    return compared_likelihood(
        model, labels, own, [passage.piece for passage in music["test"]], meanings if any(map(any, meanings)) else None
    )


def compared_likelihood(
    model: RecurrentModel,
    labels: tuple[Iterable[Sequence[Label]], Iterable[Sequence[Label]], Iterable[Sequence[Label]]],
    own: NDArray[np.float64],
    pieces: Sequence[str],
    meanings: Sequence[Sequence[Meanings]] | None = None,
) -> Likelihood:
    """Set a model's losses beside those of a Markov model.

    Args:
        model: whose classes they are.
        labels: of training, validation and held-out music, by passage; the first of each passage is heard only.
        own: the model's loss of each held-out passage, in nats.
        pieces: the piece that each held-out passage is of.
        meanings: of validation and held-out music, by passage, all classes that mean each event, if there are several.
    """
    training, validation, held_out = labels
    markov = MarkovModel(math.prod(model.encoding.classes))
    markov.learn(training)
    markov.fit(validation, meanings and meanings[0])
    told = list(held_out)
    ways = meanings[1] if meanings else [None] * len(told)
    theirs = np.array([-markov.log_chances(one, same).sum() for one, same in zip(told, ways, strict=True)])
    events = np.array([len(one) - 1 for one in told], np.float64)
    return Likelihood(
        loss=float(own.sum() / events.sum()),
        markov_loss=float(theirs.sum() / events.sum()),
        events=int(events.sum()),
        pieces=len(set(pieces)),
        between=_between(pieces, own, theirs, events),
        weights=markov.weights,
    )


def labels_of(model: RecurrentModel, passages: Iterable[JudgedPassage]) -> Iterator[list[Label]]:
    """The class of each event of each passage."""
    encoding = model.encoding
    for passage in passages:
        state, labels = encoding.start(), list[Label]()
        for event in passage.events:
            labels.append(encoding.label(state, event))
            state = encoding.push(state, event)
        yield labels


def meanings_of(model: RecurrentModel, passages: Iterable[JudgedPassage]) -> Iterator[Meanings]:
    """All classes that mean each event of each passage; nothing where events have one class."""
    encoding = model.encoding
    several = _says_in_several_ways(encoding)
    for passage in passages:
        state, found = encoding.start(), list[tuple[int, ...]]()
        for event in passage.events if several else ():
            found.append(same_event(encoding, state, event))
            state = encoding.push(state, event)
        yield found


def _says_in_several_ways(encoding: Encoding[Any, Any]) -> bool:
    return isinstance(encoding, Lookback | KeyMelody) and encoding.repeats > 0


def same_event(encoding: Encoding[Any, Any], state: Any, event: Any) -> tuple[int, ...]:
    """The classes that mean an event here: its own, and those of the repetitions that come to the same."""
    if not isinstance(encoding, Lookback | KeyMelody):
        label = encoding.label(state, event)
        return label if isinstance(label, tuple) else (label,)
    classes = sum(encoding.classes)
    again = range(classes - encoding.repeats, classes)
    return (encoding.own_label(event), *(one for one in again if encoding.event(state, one) == event))


def model_losses(
    model: RecurrentModel, passages: Sequence[JudgedPassage], report: Callable[[int, int], None]
) -> NDArray[np.float64]:
    """The model's loss of each passage in nats, summed over its events from the second on."""
    losses = np.zeros(len(passages))
    several = _says_in_several_ways(model.encoding)
    order = sorted(range(len(passages)), key=lambda place: len(passages[place].events))
    for first in range(0, len(order), _BATCH):
        rows = order[first : first + _BATCH]
        batch = [passages[row].events for row in rows]
        stream = model.stream(model.start(len(rows)))
        stream.push([events[0] for events in batch])
        silent = model.encoding.default_event
        for place in range(1, max(map(len, batch))):
            states = stream.states[:] if several else ()
            stream.force([events[place] if place < len(events) else silent for events in batch])
            for number, events in enumerate(batch):
                if several and place < len(events):
                    said = same_event(model.encoding, states[number], events[place])
                    chance = sum(float(stream.latest[0][one, number]) for one in said)
                    losses[rows[number]] -= math.log(max(chance, _LEAST))
                elif place == len(events) - 1:
                    losses[rows[number]] = -stream.log_likelihoods[number]
        report(first + len(rows), len(order))
    return losses


def _between(
    pieces: Sequence[str], own: NDArray[np.float64], theirs: NDArray[np.float64], events: NDArray[np.float64]
) -> tuple[float, float]:
    """Where the gain lies if the held-out pieces are drawn anew, with repetition: passages of one piece are alike."""
    names, places = np.unique(pieces, return_inverse=True)
    difference = np.bincount(places, own - theirs)
    weight = np.bincount(places, events)
    drawn = np.random.default_rng(0).integers(0, len(names), (_RESAMPLED, len(names)))
    gains = 1 - np.exp(difference[drawn].sum(axis=1) / weight[drawn].sum(axis=1))
    gains.sort()
    return float(gains[_UNSURE]), float(gains[-1 - _UNSURE])
