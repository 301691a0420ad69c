"""Where the form of a scene has timbres stand."""

from __future__ import annotations

from collections.abc import Mapping

from reverie.compose.course import Course
from reverie.compose.ensemble import Ensemble
from reverie.scenes.schema import Scene
from reverie.timbre.spots import Point


def points_of_form(scene: Scene | None, ensemble: Ensemble | None) -> Mapping[str, Point]:
    """By name, the points where the form has timbres in the next bar."""
    if scene is None or ensemble is None:
        return {}
    return points_in(scene, ensemble.course, max(ensemble.bar + 2, 0))


def points_in(scene: Scene, course: Course | None, bar: int) -> Mapping[str, Point]:
    """By name, the points where the section of a bar has timbres, before the chapter in which it stands."""
    section = course.at(bar).section if course is not None else None
    if scene.form is None or section is None:
        return {}
    chapters = {one.name: one.timbre for one in scene.form.chapters}
    sections = {one.name: one.timbre for one in scene.form.sections}
    return {**chapters.get(section.chapter, {}), **sections.get(section.name, {})}


def all_points(scene: Scene, timbre: str) -> tuple[Point, ...]:
    """All points where the form of a scene has a timbre, in the order in which they are written."""
    stretches = (*scene.form.sections, *scene.form.chapters) if scene.form else ()
    return tuple(dict.fromkeys(one.timbre[timbre] for one in stretches if timbre in one.timbre))
