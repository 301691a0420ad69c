"""Where sections and chapters of a form have timbres stand: points of their paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import BeforeValidator, Field, WithJsonSchema

from reverie.documents import Keys, did_you_mean
from reverie.scenes.form_fields import is_number
from reverie.scenes.timbre import GridPath, Name, RandomWalkPath, Timbre, TimbrePath

if TYPE_CHECKING:
    from reverie.scenes.form import FormSettings

AXES = 2
_Share = {"type": "number", "minimum": 0, "maximum": 1}


def _point(written: Any) -> Any:
    """One number stands for a list of it."""
    numbers = cast("Sequence[Any]", written if isinstance(written, list | tuple) else [written])
    for one in numbers:
        if is_number(one) and not 0 <= one <= 1:
            raise ValueError(f"a point of a timbre's path is 0 (its begin) to 1 (its end), not {one:g}")
    return tuple(float(one) if is_number(one) else one for one in numbers)


Point = tuple[float, ...]
PathPoint = Annotated[
    Point,
    BeforeValidator(_point),
    Field(strict=False, min_length=1, max_length=AXES),
    WithJsonSchema({"anyOf": [_Share, {"type": "array", "items": _Share, "minItems": 1, "maxItems": AXES}]}),
]
TimbrePoints = dict[Name, PathPoint]
TIMBRE_POINTS = (
    "Where timbres stand, by name: a point from 0 to 1 of a line, two (across and down) of a grid. Absent: where their "
    "own pace has them"
)


def form_timbre_misfits(form: FormSettings, timbres: Mapping[str, Timbre]) -> Iterator[tuple[Keys, str]]:
    """Sections and chapters have timbres of the scene stand where their paths have points."""
    stretches = [("sections", number, one.timbre) for number, one in enumerate(form.sections)]
    stretches += [("chapters", number, one.timbre) for number, one in enumerate(form.chapters)]
    for key, number, points in stretches:
        for name, point in points.items():
            way: Keys = (key, number, "timbre", name)
            if not timbres:
                yield way, "the scene has no timbres; describe one under 'timbres'"
            elif name not in timbres:
                yield way, f"there is no timbre {name!r}{did_you_mean(name, timbres)}"
            elif fault := _fault(name, timbres[name].path, len(point)):
                yield way, fault


def _fault(name: str, path: TimbrePath, numbers: int) -> str:
    match path:
        case RandomWalkPath():
            return (
                f"{name!r} walks by chance and comes by each mixture once, so that it has no points; write a path of "
                "kind line, there_and_back or grid"
            )
        case GridPath():
            return "" if numbers == AXES else f"{name!r} goes over a grid, and its points are two numbers: [0.2, 0.8]"
        case _:
            return "" if numbers == 1 else f"{name!r} goes along a line, and its points are one number, such as 0.2"
