"""A measure of two-bar loops beside held-out and training music: as a line, and as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverie.training.judge.distances import SetDistance
from reverie.training.judge.likelihood import short
from reverie.training.judge.loop_measures import JudgedLoop, LoopMeasure

MeasuredSets = Mapping[str, tuple[LoopMeasure[JudgedLoop], SetDistance]]
"""By name each measure, and how far apart the sets are in it."""


def measure_line(measure: LoopMeasure[Any], found: SetDistance) -> str:
    """What was found, with a verdict."""
    made, held, _ = found.means
    ratio = "-" if found.ratio is None else f"{found.ratio:.2f}"
    verdict = {True: "met", False: "MISSED", None: "-"}[found.met]
    return (
        f"  {measure.title} ({measure.unit}): held out {held:.3g}, generated {made:.3g}, distance"
        f" {found.generated:.3g}, of training {found.training:.3g}, ratio {ratio}: {verdict}"
    )


def measures_as_json(measures: MeasuredSets) -> dict[str, Any]:
    """Plain data, by name."""
    return {
        name: {
            "unit": measure.unit,
            "generated": short(found.generated),
            "training": short(found.training),
            "ratio": None if found.ratio is None else short(found.ratio),
            "met": found.met,
            "means": dict(zip(("generated", "held_out", "training"), map(short, found.means), strict=True)),
        }
        for name, (measure, found) in measures.items()
    }
