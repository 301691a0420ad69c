"""Where sections and chapters of a form have timbres stand: points of their paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, cast

from pydantic import BeforeValidator, Field, WithJsonSchema

from reverie.scenes.form_fields import is_number
from reverie.scenes.timbre import Name

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
