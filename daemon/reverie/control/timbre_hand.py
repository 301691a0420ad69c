"""Where a hand puts the timbre of a voice: along its path by one number, or freely on its grid by two. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reverie.scenes.timbre import TimbrePath
from reverie.site.actions import Action, ControlError, ControlLimits, Kind, TimbreLevel
from reverie.timbre.spots import Point, lasts

_AXES: Mapping[Kind, int] = {"timbre": 0, "timbre_x": 0, "timbre_y": 1}


@dataclass(frozen=True, slots=True)
class TimbreStand:
    """A timbre that plays: its name, its path, and the point where it stands; without numbers on a path of chance."""

    name: str
    path: TimbrePath
    point: Point


def moved(
    stands: Mapping[str, TimbreStand], voices: Sequence[str], action: Action, limits: ControlLimits
) -> dict[str, Point]:
    """Where the timbres of these voices are to stand, by their names; those of other kinds of path are left out.

    Args:
        stands: the timbres that play, by voice.
        voices: whose timbres are meant.
        action: one of the levels of a timbre.
        limits: how far those are moved.

    Raises:
        ControlError: if none of them can be moved so, with the reason.
    """
    values = action.value if isinstance(action.value, tuple) else (action.value,)
    numbers = [float(one) for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(numbers) < len(values) or not all(map(math.isfinite, numbers)):
        raise ControlError(f"{action.kind} needs a number")
    wanted = [limits.within("timbre", one) for one in numbers]
    meant = [stands[voice] for voice in voices if voice in stands]
    if not meant:
        raise ControlError(untimbred(voices))
    faults = {stand.name: _fault(stand, action.kind, len(wanted)) for stand in meant}
    if all(faults.values()):
        raise ControlError(next(iter(faults.values())))
    return {stand.name: _put(stand, action.kind, wanted) for stand in meant if not faults[stand.name]}


def still_there(stands: Mapping[str, TimbreStand], points: Mapping[str, Point]) -> dict[str, Point]:
    """Those points, by their timbres' names, that the paths of the timbres have."""
    axes = {stand.name: len(lasts(stand.path)) for stand in stands.values()}
    return {name: point for name, point in points.items() if axes.get(name) == len(point)}


def untimbred(voices: Sequence[str]) -> str:
    """That none of these voices has a timbre."""
    who = f"{voices[0]} has" if len(voices) == 1 else "the voices have"
    return f"{who} no timbre that is rendered, but the sounds of the slot"


def coordinate(stand: TimbreStand, level: TimbreLevel) -> float | None:
    """Where a timbre stands along what a knob turns; None where that knob is not for its path."""
    axes = len(stand.point)
    if axes != (1 if level == "timbre" else 2):
        return None
    return stand.point[_AXES[level]]


def _put(stand: TimbreStand, kind: Kind, numbers: list[float]) -> Point:
    """Where a timbre stands that is put there; an axis that is not named stays as it is."""
    if len(numbers) > 1:
        return tuple(numbers)
    axis = _AXES[kind]
    return (*stand.point[:axis], *numbers, *stand.point[axis + 1 :])


def _fault(stand: TimbreStand, kind: Kind, numbers: int) -> str:
    """Why a timbre cannot be put so, and how it can; empty where it can."""
    name, axes = stand.name, len(lasts(stand.path))
    if axes == 0:
        return (
            f"{name} walks by chance and comes by each mixture once, so that it has no points to go to; give it a path "
            "of the kind line, there_and_back or grid"
        )
    if axes == 1 and (kind != "timbre" or numbers > 1):
        return f"{name} goes along a line, and is put by the action timbre and one number, from 0 to 1"
    if axes > 1 and kind == "timbre" and numbers == 1:
        return f"{name} goes over a grid, and is put by the action timbre and two numbers, or by timbre_x and timbre_y"
    return ""
