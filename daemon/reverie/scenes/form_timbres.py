"""Whether sections and chapters of a form have timbres stand where their paths have points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reverie.documents import Keys, did_you_mean
from reverie.scenes.form import FormSettings
from reverie.scenes.form_points import AXES
from reverie.scenes.timbre import GridPath, RandomWalkPath, Timbre, TimbrePath


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
