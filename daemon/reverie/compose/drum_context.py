"""What surrounds a stroke on a drum, as features: the same for drummers who are learned from and for what is played.

A stroke's features are numbers below :data:`FEATURES`, each of which is there or not; a table of weights, one a
feature, says by their sum how hard and how late such a stroke is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence

from reverie.music.drums import DRUM_KIT
from reverie.music.time import STEPS_PER_QUARTER

KINDS = len(DRUM_KIT)
PLACES = 16
"""Sixteenths of a bar in four quarters."""
_GAPS = (2, 3, 5, 9)
"""Steps from which on the next stroke on the same drum counts as a class farther away."""
_CLASSES = len(_GAPS) + 1
_NEAR = 8
"""Steps to either side in which strokes are counted: how busy it is."""
_BUSY = (12, 24)

_PLACE = 1
_BEFORE = _PLACE + PLACES
_AFTER = _BEFORE + _CLASSES
_TOGETHER = _AFTER + _CLASSES
_DENSITY = _TOGETHER + KINDS
_BEFORE_AT = _DENSITY + len(_BUSY) + 1
_AFTER_AT = _BEFORE_AT + STEPS_PER_QUARTER * _CLASSES
FEATURES = _AFTER_AT + STEPS_PER_QUARTER * _CLASSES

_KIND_OF = {pitch: kind for kind, pitches in enumerate(DRUM_KIT) for pitch in pitches}
_SNARE = 1

Stroke = tuple[int, int]
"""The step of a stroke from the beginning of a bar, and the kind of its drum (:data:`DRUM_KIT`)."""


def kind_of(pitch: int) -> int:
    """The kind of drum that a pitch is; what is none of a kit is played as a snare is."""
    return _KIND_OF.get(pitch, _SNARE)


def place_of(step: int, bar_steps: int) -> int:
    """The place in a bar of four quarters to which a step is most like.

    A bar of another length begins like one of four quarters, and its other beats are like the second to the fourth.
    """
    step %= bar_steps
    if bar_steps == PLACES:
        return step
    beat, within = divmod(step, STEPS_PER_QUARTER)
    return within if beat == 0 else STEPS_PER_QUARTER * (1 + (beat - 1) % 3) + within


def features(strokes: Sequence[Stroke], bar_steps: int = PLACES) -> list[tuple[int, ...]]:
    """The features of each stroke; ``strokes`` are sorted, and no drum is struck twice at one step."""
    by_kind: defaultdict[int, list[int]] = defaultdict(list)
    together: defaultdict[int, list[int]] = defaultdict(list)
    for step, kind in strokes:
        by_kind[kind].append(step)
        together[step].append(kind)
    steps = [step for step, _ in strokes]
    found: list[tuple[int, ...]] = []
    for step, kind in strokes:
        own = by_kind[kind]
        number = bisect_left(own, step)
        before = bisect_right(_GAPS, step - own[number - 1]) if number else len(_GAPS)
        after = bisect_right(_GAPS, own[number + 1] - step) if number + 1 < len(own) else len(_GAPS)
        busy = bisect_right(steps, step + _NEAR) - bisect_left(steps, step - _NEAR)
        place = place_of(step, bar_steps)
        phase = place % STEPS_PER_QUARTER * _CLASSES
        found.append(
            (
                0,
                _PLACE + place,
                _BEFORE + before,
                _AFTER + after,
                *(_TOGETHER + other for other in together[step] if other != kind),
                _DENSITY + bisect_right(_BUSY, busy),
                _BEFORE_AT + phase + before,
                _AFTER_AT + phase + after,
            )
        )
    return found
