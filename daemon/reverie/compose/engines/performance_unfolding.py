"""A performance as it is drawn: how far it is, what sounds in it, and what may be said next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reverie.compose.voices_steering import VoicesWeights
from reverie.models.encodings.performance import (
    MAX_SHIFT,
    NOTE_OFF,
    NOTE_ON,
    STEPS_PER_SECOND,
    TIME_SHIFT,
    PerformanceEvent,
)
from reverie.models.lstm import Array
from reverie.music.notes import MAX_MIDI

PITCHES = MAX_MIDI + 1
FIRST_ON, FIRST_OFF, FIRST_SHIFT = 0, PITCHES, 2 * PITCHES
"""Where the classes of each kind begin, in every alphabet of performances."""
FIRST_VELOCITY = FIRST_SHIFT + MAX_SHIFT
_MOST_AT_A_MOMENT = 40
"""Events after which time goes by, whatever the model finds: nobody says more between two hundredths of a second."""
_LONGEST = 5 * STEPS_PER_SECOND
"""Steps after which a note ends that the model has left behind, as if by a pedal."""
_SHORTEST = STEPS_PER_SECOND // 20
"""Steps that a note lasts at least: pianists play none shorter, and models now and then end one as it begins."""
_LEAST = np.float32(1e-30)


@dataclass(slots=True)
class _Moment:
    """Where a passage is: its step, what sounds since which step, and what was said since time went by last."""

    sounding: dict[int, int]
    step: int = 0
    said: int = 0
    begun: bool = False
    loud: bool = False


class PerformanceUnfolding:
    """A batch of performances, in steps of a hundredth of a second.

    Time ends with the last step: a shift that would go beyond it ends there, so that a loop ends on its bar line, and
    what sounds is held into the next. What could not be heard is not drawn: the end of what does not sound, a second
    note of a pitch that sounds, and more notes than the voice may have at a time. A note lasts a twentieth of a second
    or more, and one that the model forgets ends after five seconds. One that came from the loop before ends in this
    one, so that none grows from loop to loop, nor from turn to turn of a loop that is held.

    Args:
        batch: how many passages.
        steps: how long each is.
        velocities: how many velocities the model has.
        sounding: what sounds when it begins, and since which step, which is below 0.
        at_most: how many notes sound at a time.
        control: what an event stands under, by its step; None for models without conditions.
        weights: what is more, or less, welcome than the model finds it, and the sixteenth of a step.
    """

    def __init__(
        self,
        batch: int,
        steps: int,
        velocities: int,
        *,
        sounding: Mapping[int, int],
        at_most: int,
        control: Callable[[int], object] | None = None,
        weights: tuple[VoicesWeights, Callable[[int], int]] | None = None,
    ) -> None:
        self._steps, self._at_most, self._control, self._weights = steps, at_most, control, weights
        self._classes = FIRST_VELOCITY + velocities
        self._moments = [_Moment(dict(sounding)) for _ in range(batch)]

    def over(self, row: int) -> bool:
        """Whether it is as long as it was to be."""
        return self._moments[row].step >= self._steps

    def counts(self, row: int, event: PerformanceEvent) -> bool:
        """Notes that begin do, and time that goes by: the rest follows."""
        del row
        return event.kind in {NOTE_ON, TIME_SHIFT}

    def controls(self) -> Sequence[object] | None:
        """What the coming event of each stands under."""
        if self._control is None:
            return None
        return [self._control(min(moment.step, self._steps - 1)) for moment in self._moments]

    def given(self) -> None:
        """Nothing: the model is always asked."""
        return

    def mask(self) -> NDArray[np.bool_]:
        """What could be heard."""
        mask = np.ones((self._classes, len(self._moments)), np.bool_)
        for row, moment in enumerate(self._moments):
            column = mask[:, row]
            left = self._steps - moment.step
            forgotten = [pitch for pitch, since in moment.sounding.items() if moment.step >= self._latest_end(since)]
            if left > 0 and forgotten:
                column[:] = False
                column[FIRST_OFF + forgotten[0]] = True
            elif left <= 0 or moment.said >= _MOST_AT_A_MOMENT:
                column[:FIRST_SHIFT] = column[FIRST_VELOCITY:] = False
            else:
                column[FIRST_OFF:FIRST_SHIFT] = False
                sounding = sorted(moment.sounding)
                begun = {pitch for pitch, since in moment.sounding.items() if moment.step - since < _SHORTEST}
                column[[FIRST_OFF + pitch for pitch in sounding if pitch not in begun]] = True
                column[sounding] = False
                if len(sounding) >= self._at_most:
                    column[FIRST_ON : FIRST_ON + PITCHES] = False
                column[FIRST_VELOCITY:] = not moment.loud
        return mask

    def bias(self, chances: Sequence[Array]) -> Array:
        """What is welcome; a shift beyond the end of the passage, or of a note that is forgotten, is one up to it."""
        bias = np.zeros((self._classes, len(self._moments)), np.float32)
        for row, moment in enumerate(self._moments):
            left, own = self._next_end(moment) - moment.step, chances[0][:, row]
            if 0 < left < MAX_SHIFT:
                last = FIRST_SHIFT + left - 1
                beyond = own[last:FIRST_VELOCITY].sum()
                bias[last, row] = np.log((beyond + _LEAST) / (own[last] + _LEAST))
                bias[last + 1 : FIRST_VELOCITY, row] = -np.inf
            if moment.step < self._steps and self._weights:
                weights, sixteenth = self._weights
                new = bias[FIRST_ON : FIRST_ON + PITCHES, row]
                weights.add_new(sixteenth(moment.step), new, own[FIRST_ON : FIRST_ON + PITCHES], begun=moment.begun)
        return bias

    def _latest_end(self, since: int) -> int:
        """The step in which a note ends at the latest that sounds since a step, which is below 0 if it is held over."""
        return min(since + _LONGEST, self._steps - 1) if since < 0 else since + _LONGEST

    def _next_end(self, moment: _Moment) -> int:
        """The step up to which time may go by at once."""
        return min([self._steps, *(self._latest_end(since) for since in moment.sounding.values())])

    def happen(self, events: Sequence[PerformanceEvent]) -> None:
        """A note begins or ends, time goes by, or the loudness changes."""
        for moment, event in zip(self._moments, events, strict=True):
            moment.said += 1
            if event.kind == NOTE_ON:
                moment.sounding[event.value] = moment.step
                moment.begun, moment.loud = True, False
            elif event.kind == NOTE_OFF:
                moment.sounding.pop(event.value, None)
            elif event.kind == TIME_SHIFT:
                moment.step += event.value
                moment.said, moment.begun, moment.loud = 0, False, False
            else:
                moment.loud = True
