"""Several voices as they are drawn, sixteenth by sixteenth: what sounds in each passage, and what may be said next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reverie.compose.voices_steering import VoicesWeights
from reverie.models.encodings.polyphony import END, START, STEP_END, Kind, PolyphonicEvent, PolyphonyAlphabet
from reverie.models.lstm import Array
from reverie.music.notes import MAX_MIDI

ALPHABET = PolyphonyAlphabet()
PITCHES = MAX_MIDI + 1
STEP_OVER = ALPHABET.encode(STEP_END)
FIRST_NEW = ALPHABET.encode(PolyphonicEvent(Kind.NEW_NOTE))
FIRST_HELD = ALPHABET.encode(PolyphonicEvent(Kind.CONTINUED_NOTE))

Line = Sequence[Sequence[PolyphonicEvent]]
"""What is given in each sixteenth: a melody that the model finds there, and adds others to."""


@dataclass(slots=True)
class _Place:
    """Where a passage is: its ``step``; what was ``said`` in it, and what the model itself began or held there.

    ``sounding`` is what sounded of its own in the step before. ``given`` are events that come before it is asked.
    """

    sounding: frozenset[int]
    given: list[PolyphonicEvent]
    step: int = 0
    said: set[int] = field(default_factory=set[int])
    own: set[int] = field(default_factory=set[int])
    begun: bool = False


class VoicesUnfolding:
    """A batch of passages of polyphony.

    What could not be heard is not drawn: a note that is held though it does not sound, a pitch twice in a sixteenth, a
    note more than the voice may have at a time, or the end of the piece. Without ``at_most`` all of that may be, as in
    Magenta's own generator.

    Args:
        batch: how many passages.
        steps: how many sixteenths of each.
        sounding: what sounds in the step before the first.
        line: what is given in each of the sixteenths, as far as it goes.
        at_most: how many notes sound at a time.
        weights: what is more, or less, welcome than the model finds it.
        counts_line: whether the given notes are the voice's own.
    """

    def __init__(
        self,
        batch: int,
        steps: int,
        *,
        sounding: Collection[int] = (),
        line: Line = (),
        at_most: int | None = None,
        weights: VoicesWeights | None = None,
        counts_line: bool = True,
    ) -> None:
        self._steps, self._line, self._at_most = steps, line, at_most
        self._weights, self._counts_line = weights, counts_line
        self._places = [_Place(frozenset(sounding), self._given(0)) for _ in range(batch)]

    def over(self, row: int) -> bool:
        """Whether all its sixteenths are."""
        return self._places[row].step >= self._steps

    def controls(self) -> None:
        """There are none."""
        return

    def given(self) -> list[PolyphonicEvent] | None:
        """The notes of the line, where every passage is at one; so the model is asked as often as in Magenta's own."""
        forced = self._forced()
        return [forced[row] for row in range(len(self._places))] if len(forced) == len(self._places) else None

    def mask(self) -> NDArray[np.bool_] | None:
        """What is given, in passages where anything is; what is over goes by in silence."""
        forced = self._forced()
        if not forced:
            return None
        mask = np.ones((ALPHABET.size, len(self._places)), np.bool_)
        for row, event in forced.items():
            mask[:, row] = False
            mask[ALPHABET.encode(event), row] = True
        return mask

    def _forced(self) -> dict[int, PolyphonicEvent]:
        forced = {row: place.given[0] for row, place in enumerate(self._places) if place.given}
        return forced | {row: STEP_END for row in range(len(self._places)) if self.over(row)}

    def bias(self, chances: Sequence[Array]) -> Array | None:
        """What is welcome, and what could not be heard."""
        if self._at_most is None and self._weights is None:
            return None
        bias = np.zeros((ALPHABET.size, len(self._places)), np.float32)
        for row, place in enumerate(self._places):
            if place.given or self.over(row):
                continue
            column = bias[:, row]
            if self._at_most is not None:
                self._exclude(place, column, self._at_most)
            if self._weights is not None:
                self._weights.add(place.step, column, chances[0][:, row], begun=place.begun, said=bool(place.said))
        return bias

    def counts(self, row: int, event: PolyphonicEvent) -> bool:
        """Notes that begin do, unless they are given."""
        return event.kind is Kind.NEW_NOTE and not self._places[row].given

    def happen(self, events: Sequence[PolyphonicEvent]) -> None:
        """A note begins, or is held, or the sixteenth is over."""
        for place, event in zip(self._places, events, strict=True):
            if place.step >= self._steps:
                continue
            given = bool(place.given)
            if given:
                del place.given[0]
            if event.kind is Kind.STEP_END:
                place.step += 1
                place.sounding, place.said, place.own = frozenset(place.own), set(), set()
                place.given, place.begun = self._given(place.step), False
            elif event.kind in {Kind.NEW_NOTE, Kind.CONTINUED_NOTE}:
                place.said.add(event.pitch)
                place.begun = place.begun or (event.kind is Kind.NEW_NOTE and not given)
                if self._counts_line or not given:
                    place.own.add(event.pitch)

    def _given(self, step: int) -> list[PolyphonicEvent]:
        return list(self._line[step]) if step < len(self._line) else []

    @staticmethod
    def _exclude(place: _Place, column: Array, at_most: int) -> None:
        column[[ALPHABET.encode(START), ALPHABET.encode(END)]] = -np.inf
        if len(place.own) >= at_most:
            column[FIRST_NEW:] = -np.inf
            return
        held = column[FIRST_HELD:]
        still = sorted(place.sounding - place.said)
        kept = held[still]
        held[:] = -np.inf
        held[still] = kept
        column[[FIRST_NEW + pitch for pitch in place.said]] = -np.inf
