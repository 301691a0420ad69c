"""Loops that a model makes to be judged, and loops of real music that are cut the same way.

A model is told a bar of music, as a scene tells it a bar that somebody wrote, and goes on for 16 bars. The first of
these are the loop. The bar is usually one of validation music, which it has not learned from and is not compared with.
Where its counter does not fit the metre it begins anew at bar lines, with its last bars, as it does in a scene.

What is made is kept in a journal, batch by batch. Each batch has a seed of its own, so a judgement that was interrupted
goes on after the last whole batch, and comes to the same loops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reverie.models.recurrent.model import RecurrentModel, compose
from reverie.models.recurrent.spans import BarSpan, SpanComposer
from reverie.music.time import Metre
from reverie.training.judge.judged_music import EventKind, JudgedPassage
from reverie.training.judge.loop_journal import LoopJournal
from reverie.training.judge.loop_measures import LONG_BARS, JudgedLoop
from reverie.training.workspace import Split, digest_of

BATCH = 50


@dataclass(frozen=True, slots=True)
class LoopRequest:
    """What loops are made: how many, of how many bars, from which chance, how wildly, after bars of which split."""

    count: int = 500
    bars: int = 4
    seed: int = 0
    temperature: float = 1.0
    primers: Split = "validation"

    def __post_init__(self) -> None:
        """Refuse what cannot be made.

        Raises:
            ValueError: if there are no loops, or they are longer than what is played on.
        """
        if self.count < 1 or not 1 <= self.bars <= LONG_BARS:
            raise ValueError(f"a loop or more of 1 to {LONG_BARS} bars can be judged, not {self.count} of {self.bars}")


def primers(kind: EventKind, passages: Sequence[JudgedPassage], metre: Metre) -> list[tuple[Any, ...]]:
    """The bars of passages that have a note, as a scene would tell them."""
    return [
        bar
        for passage in passages
        if passage.metre == metre
        for bar in _bars(passage)
        if any(kind.struck(event) for event in bar)
    ]


def loops_of(
    kind: EventKind, passages: Sequence[JudgedPassage], metre: Metre, bars: int, every: int | None = None
) -> list[JudgedLoop]:
    """Passages cut into loops of so many bars, each after a bar that would have been its primer.

    One begins where the one before ends, or ``every`` so many bars.
    """
    steps = metre.bar_steps
    hop = (every or bars) * steps
    return [
        judged_loop(kind, metre, passage.events[start : start + bars * steps])
        for passage in passages
        if passage.metre == metre
        for start in range(steps, len(passage.events) - bars * steps + 1, hop)
    ]


def judged_loop(kind: EventKind, metre: Metre, events: tuple[Any, ...]) -> JudgedLoop:
    """A loop, with what begins in it."""
    return JudgedLoop(metre, events, tuple(kind.struck(event) for event in events))


def shortened(kind: EventKind, loops: Sequence[JudgedLoop], bars: int) -> list[JudgedLoop]:
    """The first bars of each."""
    return [judged_loop(kind, loop.metre, loop.events[: bars * loop.metre.bar_steps]) for loop in loops]


class LoopMaker:
    """Makes the loops of a request, and keeps them in a journal.

    Args:
        model: what makes them.
        kind: what its events are.
        metre: in which they are.
        told: the primers, of which one is drawn for each loop.
        journal: the file that keeps them; None keeps nothing.
        weights: identifies the model: loops of another are not taken from the journal.
        span: for how many steps from a bar line on the model knows its place in the bar; 0 for ever.
    """

    def __init__(
        self,
        model: RecurrentModel,
        kind: EventKind,
        metre: Metre,
        told: Sequence[tuple[Any, ...]],
        journal: Path | None = None,
        weights: str = "",
        span: int = 0,
    ) -> None:
        if not told:
            raise ValueError("there is no bar of music that a model could be told")
        self._model = model
        self._kind = kind
        self._metre = metre
        self._told = told
        self._journal = journal
        self._weights = weights
        self._span = BarSpan(metre.bar_steps, span) if span else None

    def make(self, request: LoopRequest, report: Callable[[int, int], None]) -> list[JudgedLoop]:
        """Passages of :data:`LONG_BARS` bars, as many as were asked for.

        Args:
            request: which.
            report: is told how many there are, of how many.
        """
        numbered = [[self._kind.number(event) for event in bar] for bar in self._told]
        asked = {**asdict(request), "count": None, "bars": None}
        spans = [self._span.longest] if self._span else []
        key = digest_of([self._weights, asked, str(self._metre), BATCH, LONG_BARS, numbered, *spans])
        journal = LoopJournal(self._journal, key)
        kept = journal.kept()
        made: list[JudgedLoop] = []
        for batch in range(-(-request.count // BATCH)):
            numbers = kept.get(batch)
            if numbers is None:
                numbers = self._batch(request, batch)
                journal.keep(batch, numbers)
            events = (tuple(self._kind.event(number) for number in one) for one in numbers)
            made += [judged_loop(self._kind, self._metre, one) for one in events]
            report(min(len(made), request.count), request.count)
        return made[: request.count]

    def _batch(self, request: LoopRequest, batch: int) -> list[list[int]]:
        chance = np.random.default_rng((request.seed, batch))
        told = [self._told[place] for place in chance.integers(0, len(self._told), BATCH)]
        drawn = self._drawn(told, LONG_BARS * self._metre.bar_steps, chance, request.temperature)
        return [[self._kind.number(event) for event in events] for events in drawn]

    def _drawn(
        self, told: Sequence[Sequence[Any]], steps: int, chance: np.random.Generator, temperature: float
    ) -> Sequence[tuple[Any, ...]]:
        if self._span:
            composer = SpanComposer(self._model, self._span, self._kind.ending)
            return composer.compose_after(told, 0, steps, chance, temperature).events
        stream = self._model.stream(self._model.start(len(told)))
        for events in zip(*told, strict=True):
            stream.push(events)
        return compose(stream, steps, chance, temperature)


def _bars(passage: JudgedPassage) -> Iterator[tuple[Any, ...]]:
    steps = passage.metre.bar_steps
    for number in range(passage.bars):
        yield passage.events[number * steps : (number + 1) * steps]
