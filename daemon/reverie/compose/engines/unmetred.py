"""Drawing of music whose events do not each last a step: notes are said one by one, and then time goes by.

All candidates of a recipe are drawn at once, an event of each at a time. So one may be bars ahead of another, and is
over earlier; what it remembers then is kept, and what is drawn on for it is thrown away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reverie.models.lstm import Array
from reverie.models.recurrent.model import CarriedPassages, PassageStream
from reverie.models.recurrent.sampling import Uniforms


class Unfolding(Protocol):
    """A batch of passages as they unfold: where each is in time, and what may come next there."""

    def over(self, row: int) -> bool:
        """Whether a passage is as long as it was to be."""
        ...

    def given(self) -> Sequence[Any] | None:
        """What happens next in every passage, whatever the model finds; None where it is asked in any."""
        ...

    def mask(self) -> NDArray[np.bool_] | None:
        """Which classes (classes, batch) may be drawn, whatever the model finds; None where all may."""
        ...

    def bias(self, chances: Sequence[Array]) -> Array | None:
        """Log-weights (classes, batch) to be added to the model's own ``chances`` of each head; None for nothing."""
        ...

    def controls(self) -> Sequence[Any] | None:
        """What the coming event of each passage stands under; None for models without conditions."""
        ...

    def counts(self, row: int, event: Any) -> bool:
        """Whether how likely an event was says how good its passage is: that what sounds goes on is always likely."""
        ...

    def happen(self, events: Sequence[Any]) -> None:
        """One event happens in each passage, those that are over included."""
        ...


@dataclass(frozen=True, slots=True)
class DrawnEvents:
    """A passage that was drawn: its events, how likely those that count were on average, and what it remembers."""

    events: tuple[Any, ...]
    log_likelihood: float
    carried: CarriedPassages


def draw_unmetred(
    stream: PassageStream, unfolding: Unfolding, uniforms: Uniforms, temperature: float, most: int
) -> list[DrawnEvents]:
    """Draw until all passages are over.

    Args:
        stream: what to go on from; of a passage that is over already nothing is drawn.
        unfolding: where the passages are.
        uniforms: where chance comes from.
        temperature: above 1 is wilder, below 1 is tamer.
        most: events after which a passage is over even if too little time has gone by in it.

    Returns:
        A passage for each of the stream.
    """
    rows = range(stream.batch)
    events: list[list[Any]] = [[] for _ in rows]
    likely, counted = np.zeros(stream.batch), np.zeros(stream.batch)
    done: dict[int, DrawnEvents] = {}
    for number in range(most + 1):
        for row in rows:
            if row not in done and (unfolding.over(row) or number == most):
                mean = float(likely[row] / max(counted[row], 1))
                done[row] = DrawnEvents(tuple(events[row]), mean, stream.carried.take([row]))
        if len(done) == stream.batch:
            break
        new = unfolding.given()
        if new is not None:
            stream.push(new, unfolding.controls())
        else:
            before = stream.log_likelihoods.copy()
            new = stream.draw(uniforms, temperature, unfolding.controls(), unfolding.mask(), unfolding.bias)
            count = np.array([unfolding.counts(row, event) for row, event in enumerate(new)])
            likely += np.where(count, stream.log_likelihoods - before, 0.0)
            counted += count
        for row in rows:
            events[row].append(new[row])
        unfolding.happen(new)
    return [done[row] for row in rows]
