"""Fields of a form that sections and chapters share: lengths, and curves over their bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

LONGEST_SECTION = 10_000
MOST_POINTS = 16
"""Values of a curve, and lengths of which one is drawn."""

_Number = int | float


def is_number(value: Any) -> bool:
    """Whether it is a number; true and false are none."""
    return isinstance(value, _Number) and not isinstance(value, bool)


def listed(written: Any) -> list[Any]:
    """A list as it is, and anything else as a list of it alone."""
    return list(written) if isinstance(written, list | tuple) else [written]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _lengths(written: Any) -> tuple[int, ...]:
    """One length, or several of which one is drawn each time."""
    found = listed(written)
    fit = [one for one in found if isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= LONGEST_SECTION]
    if not fit or len(fit) < len(found) or len(found) > MOST_POINTS:
        raise ValueError(
            f"lengths are 1 to {LONGEST_SECTION} bars, such as 16 or [16, 24, 28] (one is drawn), not {written}"
        )
    return tuple(fit)


def _values(low: float, high: float, what: str) -> Callable[[Any], tuple[float, ...]]:
    def read(written: Any) -> tuple[float, ...]:
        found = listed(written)
        fit = [float(one) for one in found if is_number(one) and low <= one <= high]
        if not fit or len(fit) < len(found) or len(found) > MOST_POINTS:
            raise ValueError(
                f"{what} is {low:g} to {high:g}, or a list from the section's beginning to its end, such as "
                f"{'[0, 5]' if low < 0 else f'[{max(low, 0.6):g}, {min(high, 1.2):g}]'}, not {written}"
            )
        return tuple(fit)

    return read


def list_of(one: dict[str, Any]) -> WithJsonSchema:
    """For editors: one of these, or a list of them."""
    return WithJsonSchema({"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": MOST_POINTS}]})


def _curve(low: float, high: float, what: str) -> Any:
    """How a curve over a section is read."""
    return (
        BeforeValidator(_values(low, high, what)),
        list_of({"type": "number", "minimum": low, "maximum": high}),
    )


LEAST_FACTOR, MOST_FACTOR = 0.1, 3.0
TEMPO_FACTORS = (0.5, 2)
"""How far a form takes the tempo: each of its curves, and all of them together."""
Lengths = Annotated[
    tuple[int, ...],
    BeforeValidator(_lengths),
    list_of({"type": "integer", "minimum": 1, "maximum": LONGEST_SECTION}),
]
_FACTOR = _curve(LEAST_FACTOR, MOST_FACTOR, "a factor")
Factors = Annotated[tuple[float, ...], _FACTOR[0], _FACTOR[1]]
_SEMITONES = _curve(-36, 36, "a move of the register in semitones")
Semitones = Annotated[tuple[float, ...], _SEMITONES[0], _SEMITONES[1]]
_DYNAMICS = _curve(0.1, 1.5, "a factor of dynamics")
DynamicFactors = Annotated[tuple[float, ...], _DYNAMICS[0], _DYNAMICS[1]]
_TEMPO = _curve(*TEMPO_FACTORS, "a factor of the tempo")
TempoFactors = Annotated[tuple[float, ...], _TEMPO[0], _TEMPO[1]]
_COUNT = _curve(1, 16, "a number of voices")
Counts = Annotated[tuple[float, ...], _COUNT[0], _COUNT[1]]
DENSITY = "Factor of the voices' density"
REGISTER = "Semitones by which the voices are moved up, or down below 0"
TEMPERATURE = "Factor of the voices' temperature"
LOUDNESS = "Factor of the voices' dynamics"
PACE = "Factor of the tempo"
AT_MOST = "How many voices sound at most; those that stand last go first. It changes at phrases"
