"""Drawing in spans: a model that would lose its place in the bar begins anew at a bar line, with its last bars.

What it is told then is counted from 0, as its examples were. So the same count is always the same place of the bar, in
any metre, however long the music.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.lstm import Array
from reverie.models.recurrent.model import Bias, PassageStream, RecurrentModel, compose
from reverie.models.recurrent.sampling import Uniforms

_MUCH = 4
"""Bars of a span from which on two are told when a model begins anew, and not one."""


@dataclass(frozen=True, slots=True)
class BarSpan:
    """So many steps from a bar line on, in bars of so many: ``longest`` is a multiple of ``bar``, and not the first."""

    bar: int
    longest: int

    def told(self, place: int, known: int, left: int) -> int:
        """How many events a model is told before it draws ``left``, the first of which is at ``place`` in the bar.

        They begin on a bar line. If what is drawn fits into the rest of the span, it is as many bars as do; else one or
        two, so that more can be drawn until the next beginning. More than the ``known`` events it is only where they
        are no bar yet.
        """
        bars = self.longest // self.bar
        fewest = 2 if bars >= _MUCH else 1
        most = min(max((self.longest - place - left) // self.bar, fewest), bars - 1)
        return place + self.bar * min(most, max(known - place, 0) // self.bar) or self.bar


@dataclass(frozen=True, slots=True)
class SpanDrawing:
    """What was drawn: the events of each passage, and how likely the model found them, in all."""

    events: list[tuple[Any, ...]]
    log_likelihoods: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SpanComposer:
    """Draws passages in spans.

    ``ending`` gives the last so many events of a passage as a model is told them that has not heard those before.
    """

    model: RecurrentModel
    span: BarSpan
    ending: Callable[[Sequence[Any], int], Sequence[Any]]

    def compose(
        self,
        opening: Sequence[Any],
        place: int,
        count: int,
        uniforms: Uniforms,
        temperature: float = 1.0,
        *,
        batch: int = 1,
        bias: Bias | None = None,
        controls: Sequence[Any] | None = None,
    ) -> SpanDrawing:
        """Draw ``count`` events in every passage.

        Args:
            opening: the events before them, in each passage.
            place: at which step of the bar the first is drawn.
            count: how many events.
            uniforms: where chance comes from.
            temperature: above 1 is wilder, below 1 is tamer.
            batch: how many passages.
            bias: which classes of the event of a number are more likely to be drawn than the model finds them.
            controls: what each event of the opening, and each that is drawn, stands under, where the encoding is
                conditional.
        """
        return self._composed([opening] * batch, place, count, uniforms, temperature, bias, controls, same=True)

    def compose_after(
        self, openings: Sequence[Sequence[Any]], place: int, count: int, uniforms: Uniforms, temperature: float = 1.0
    ) -> SpanDrawing:
        """Draw ``count`` events after each of these openings, which are equally long; else as :meth:`compose`.

        Raises:
            ValueError: if they are not.
        """
        if len({len(opening) for opening in openings}) != 1:
            raise ValueError("openings are equally long, so that all passages are at the same place of the bar")
        return self._composed(openings, place, count, uniforms, temperature, same=False)

    def _composed(
        self,
        openings: Sequence[Sequence[Any]],
        place: int,
        count: int,
        uniforms: Uniforms,
        temperature: float,
        bias: Bias | None = None,
        controls: Sequence[Any] | None = None,
        *,
        same: bool,
    ) -> SpanDrawing:
        drawn: list[tuple[Any, ...]] = [()] * len(openings)
        likelihoods = np.zeros(len(openings))
        number = 0
        while number < count:
            known = len(openings[0]) + number
            told = self.span.told(place, known, count - number)
            under = None if controls is None else _ending_at(controls, known, told)
            passages = [(*opening, *events) for opening, events in zip(openings, drawn, strict=True)]
            stream = self._begun(passages, told, under, same=same and not number)
            part = min(count - number, self.span.longest - told)
            shifted = bias and _Shifted(bias, number, tuple(events[-1] for events in drawn) if number else ())
            control = None if controls is None else controls[known:].__getitem__
            new = compose(stream, part, uniforms, temperature, bias=shifted, control=control)
            drawn = [(*before, *after) for before, after in zip(drawn, new, strict=True)]
            likelihoods += stream.log_likelihoods
            number, place = number + part, 0
        return SpanDrawing(drawn, likelihoods)

    def _begun(
        self, passages: Sequence[Sequence[Any]], told: int, controls: Sequence[Any] | None, *, same: bool
    ) -> PassageStream:
        """Passages that the model has been told the last events of; once, if they are all the same."""
        batch = len(passages)
        silence = (self.model.encoding.default_event,) * told
        endings = [self.ending((*silence[len(one) :], *one), told) for one in (passages[:1] if same else passages)]
        stream = self.model.stream(self.model.start(len(endings)))
        for number, events in enumerate(zip(*endings, strict=True)):
            stream.push(events, controls and (controls[number],) * stream.batch)
        return self.model.stream(stream.carried.take([0] * batch)) if same else stream


def _ending_at(controls: Sequence[Any], known: int, told: int) -> Sequence[Any]:
    """What the last ``told`` of ``known`` events stand under; the silence before the first of all, what that does."""
    return (*(controls[0],) * (told - known), *controls[max(known - told, 0) : known])


@dataclass(frozen=True, slots=True)
class _Shifted:
    """A bias that goes on where a span has ended, after ``number`` events, the last of which are ``last``."""

    bias: Bias
    number: int
    last: tuple[Any, ...]

    def __call__(
        self, number: int, states: Sequence[Any], events: Sequence[Any], chances: Sequence[Array]
    ) -> Array | None:
        return self.bias(self.number + number, states, events or self.last, chances)
