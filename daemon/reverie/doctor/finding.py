"""What was found at one point of an examination."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """How a point is: it passed, may become a trouble, failed, could not be told, or is for a person to see."""

    WELL = "well"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    UNKNOWN = "unknown"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Finding:
    """A point (such as ``clock``), how it is, and what to say of it.

    ``text`` is a key of the texts, and ``values`` are what its sentence and its advice name.
    """

    point: str
    outcome: Outcome
    text: str
    values: Mapping[str, str] = field(default_factory=dict[str, str])


def well(point: str, text: str, **values: object) -> Finding:
    """It passed."""
    return _finding(point, Outcome.WELL, text, values)


def doubtful(point: str, text: str, **values: object) -> Finding:
    """It may become a trouble."""
    return _finding(point, Outcome.DOUBTFUL, text, values)


def bad(point: str, text: str, **values: object) -> Finding:
    """It failed."""
    return _finding(point, Outcome.BAD, text, values)


def unknown(point: str, text: str, **values: object) -> Finding:
    """It could not be told."""
    return _finding(point, Outcome.UNKNOWN, text, values)


def _finding(point: str, outcome: Outcome, text: str, values: Mapping[str, object]) -> Finding:
    return Finding(point, outcome, text, {key: str(value) for key, value in values.items()})
