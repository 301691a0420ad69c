"""Where a hand puts the timbre of a voice: along its path by one number, or freely on its grid by two. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reverie.scenes.timbre import RandomWalkPath, TimbrePath
from reverie.site.actions import Action, ControlError, ControlLimits, TimbreLevel
from reverie.timbre.spots import Point, lasts

_AXES: Mapping[TimbreLevel, int] = {"timbre": 0, "timbre_x": 0, "timbre_y": 1}


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
    points, refused = dict[str, Point](), ""
    for voice in voices:
        stand = stands.get(voice)
        try:
            if stand is None:
                raise ControlError(f"{voice} has no timbre that is rendered; it plays the sounds of its slot")
            points[stand.name] = _moved(stand, action, limits)
        except ControlError as error:
            refused = refused or str(error)
    if not points:
        raise ControlError(refused or "the scene has no voices")
    return points


def coordinate(stand: TimbreStand, level: TimbreLevel) -> float | None:
    """Where a timbre stands along what a knob turns; None where that knob is not for its path."""
    axes = len(stand.point)
    if axes != (1 if level == "timbre" else 2):
        return None
    return stand.point[_AXES[level]]


def _moved(stand: TimbreStand, action: Action, limits: ControlLimits) -> Point:
    name, path, value = stand.name, stand.path, action.value
    if isinstance(path, RandomWalkPath):
        raise ControlError(
            f"{name} walks by chance and comes by each mixture once, so that there is no point of it to go to; give it "
            "a path of the kind line, there_and_back or grid"
        )
    axes = len(lasts(path))
    if isinstance(value, tuple):
        if axes != len(value):
            raise ControlError(f"{name} goes along a line, and is put by one number from 0 to 1, not by two")
        return tuple(limits.within("timbre", one) for one in value)
    if isinstance(value, bool | str | None):
        raise ControlError(f"{action.kind} needs a number from 0 to 1, or two for a grid")
    if action.kind == "timbre" and axes != 1:
        raise ControlError(f"{name} goes over a grid, and is put by two numbers, or by timbre_x and timbre_y")
    if action.kind != "timbre" and axes == 1:
        raise ControlError(f"{name} goes along a line, and is put by the action timbre")
    level: TimbreLevel = action.kind if action.kind in _AXES else "timbre"
    axis, within = _AXES[level], limits.within(level, value)
    return (*stand.point[:axis], within, *stand.point[axis + 1 :])
