"""What a performance is conditioned on: how dense it is, which pitch classes it favours, where in the bar it stands.

The values are what a person asks for; of a given performance, :func:`note_densities` and :func:`pitch_histograms`
find them out, as Magenta does of its training data.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from reverie.models.encodings.base import ControlEncoding, Hot
from reverie.models.encodings.performance import NOTE_OFF, NOTE_ON, STEPS_PER_SECOND, TIME_SHIFT, PerformanceEvent
from reverie.music.harmony import OCTAVE

_PRIOR = 0.01
"""Every pitch class counts for so many seconds, even if it is not heard."""


class DensityBins:
    """Notes a second, in bins; note_seq's ``NoteDensityOneHotEncoding``."""

    def __init__(self, bounds: Sequence[float]) -> None:
        """Take the bounds between bins, ascending; the first bin begins at 0."""
        self._bounds = tuple(bounds)
        self.size = len(self._bounds) + 1
        self.default = 0.0

    def encode(self, event: float) -> int:
        """The bin of a density.

        Raises:
            ValueError: if it is negative or no number.
        """
        if not event >= 0:
            raise ValueError(f"a density is 0 notes a second or more, not {event}")
        return bisect_right(self._bounds, event)

    def decode(self, index: int) -> float:
        """The least density of a bin."""
        return self._bounds[index - 1] if index else 0.0


class PitchHistogram:
    """The weight of each of the 12 pitch classes, from C, as a share of all; note_seq's ``PitchHistogramEncoder``."""

    size = OCTAVE

    def encode(self, value: Sequence[float]) -> Hot:
        """The shares; equal ones where all weights are 0.

        Raises:
            ValueError: if there are not 12 weights of 0 or more.
        """
        return _shares(tuple(value))


@lru_cache(maxsize=1024)
def _shares(weights: tuple[float, ...]) -> Hot:
    if len(weights) != OCTAVE or not all(0 <= weight < math.inf for weight in weights):
        raise ValueError(f"a pitch histogram has 12 weights of 0 or more, not {weights}")
    total = sum(weights)
    shares = [weight / total for weight in weights] if total else [1 / OCTAVE] * OCTAVE
    entries = [(place, share) for place, share in enumerate(shares) if share]
    return Hot(tuple(place for place, _ in entries), tuple(share for _, share in entries))


class BarPosition:
    """Where in a bar of 4/4 an event comes: which quarter, and which of its 24 parts.

    Performances count seconds, not beats, so a quarter is half a second here whatever tempo the music is played at.
    Source: ``demos/performance_chords/performance_chords.ts`` in iansimon/deeplearnjs at 30e1064b.
    """

    QUARTERS = 4
    DIVISIONS = 24
    STEPS_PER_QUARTER = 50
    size = QUARTERS + DIVISIONS

    def __init__(self) -> None:
        self._hots = tuple(
            Hot((quarter, self.QUARTERS + step * self.DIVISIONS // self.STEPS_PER_QUARTER), (1.0, 1.0))
            for quarter in range(self.QUARTERS)
            for step in range(self.STEPS_PER_QUARTER)
        )

    def encode(self, value: int) -> Hot:
        """The place of a step, counted from the beginning of any bar."""
        return self._hots[value % len(self._hots)]


class Several:
    """Several controls at once, one value for each; note_seq's ``MultipleEventSequenceEncoder``."""

    def __init__(self, *controls: ControlEncoding) -> None:
        self._controls = controls
        self.size = sum(control.size for control in controls)

    def encode(self, value: Sequence[object]) -> Hot:
        """The vectors one after another.

        Raises:
            ValueError: if there are fewer or more values than controls, or one is unfit for its control.
        """
        whole, offset = Hot((), ()), 0
        for control, part in zip(self._controls, value, strict=True):
            whole |= control.encode(part).after(offset)
            offset += control.size
        return whole


class OptionalControl:
    """A control that can be switched off; note_seq's ``OptionalEventSequenceEncoder``."""

    def __init__(self, control: ControlEncoding) -> None:
        self._control = control
        self.size = 1 + control.size

    def encode(self, value: tuple[bool, object]) -> Hot:
        """The vector of ``(disabled, value)``; the value of a disabled control is not looked at.

        Raises:
            ValueError: if the value is unfit for the control.
        """
        disabled, inner = value
        return Hot((0,), (1.0,)) if disabled else self._control.encode(inner).after(1)


def note_densities(events: Sequence[PerformanceEvent], seconds: float) -> list[float]:
    """How many notes a second begin in the window of so many seconds after each event.

    Equal to ``NoteDensityPerformanceControlSignal.extract``: events of one moment share a density, and a window that
    reaches beyond the end is as long as the music.
    """
    window = round(seconds * STEPS_PER_SECOND)
    densities: list[float] = []
    for place in range(len(events)):
        if place and events[place - 1].kind != TIME_SHIFT:
            densities.append(densities[-1])
            continue
        heard = _window(events, place, window)
        steps = min(sum(event.value for event in heard if event.kind == TIME_SHIFT), window)
        notes = sum(event.kind == NOTE_ON for event in heard)
        densities.append(notes * STEPS_PER_SECOND / steps if steps else 0.0)
    return densities


def pitch_histograms(events: Sequence[PerformanceEvent], seconds: float) -> list[list[float]]:
    """For how many seconds each pitch class sounds in the window of so many seconds after each event.

    Equal to ``PitchHistogramPerformanceControlSignal.extract``: events of one moment share a histogram.
    """
    window = round(seconds * STEPS_PER_SECOND)
    histograms: list[list[float]] = []
    sounding: set[int] = set()
    for place, event in enumerate(events):
        if place and events[place - 1].kind != TIME_SHIFT:
            histograms.append(histograms[-1])
        else:
            histograms.append(_histogram(_window(events, place, window), sounding))
        _follow(sounding, event)
    return histograms


def _window(events: Sequence[PerformanceEvent], place: int, steps: int) -> Sequence[PerformanceEvent]:
    """The events from ``place`` on, until so many steps are over."""
    end, passed = place, 0
    while end < len(events) and passed < steps:
        if events[end].kind == TIME_SHIFT:
            passed += events[end].value
        end += 1
    return events[place:end]


def _histogram(events: Sequence[PerformanceEvent], sounding: set[int]) -> list[float]:
    histogram = [_PRIOR] * OCTAVE
    sounding = set(sounding)
    for event in events:
        _follow(sounding, event)
        if event.kind == TIME_SHIFT:
            for pitch in sounding:
                histogram[pitch % OCTAVE] += event.value / STEPS_PER_SECOND
    return histogram


def _follow(sounding: set[int], event: PerformanceEvent) -> None:
    """Keep account of which pitches sound; a pitch that was started twice is over when it is ended once."""
    if event.kind == NOTE_ON:
        sounding.add(event.value)
    elif event.kind == NOTE_OFF:
        sounding.discard(event.value)
