"""How a scene enters when the installation opens: voice by voice, whoever stays longest first."""

from __future__ import annotations

from reverie.compose.course import Course, NoCourse
from reverie.compose.ensemble import Ensemble
from reverie.compose.fullness_course import Fullness, FullnessCourse
from reverie.conductor.arranging.arrange_passage import staying
from reverie.music.time import TICKS_PER_QUARTER
from reverie.scenes.schema import Scene

LONGEST = 64
"""Bars after which all are there, however many minutes were wanted: a fast scene is not kept waiting."""
FIRST_DENSITY, FIRST_DYNAMICS = 0.8, 0.8
"""Of the first voice, while it is alone."""


def entering(scene: Scene, music: Ensemble, seconds: float) -> Course | None:
    """The course of a scene that enters within so many seconds; its own, where it has an opening of its own.

    Args:
        scene: what begins.
        music: its performance, of which no bar has sounded.
        seconds: until all voices are there.
    """
    if (scene.form is not None and scene.form.opening) or len(scene.voices) == 1 or seconds <= 0:
        return music.course
    bar = scene.metre.bar_ticks / TICKS_PER_QUARTER * 60 / scene.tempo.at(0)
    bars = min(max(round(seconds / bar), len(scene.voices)), LONGEST)
    fullness = Fullness(0, bars, 0.0, 1.0, density=FIRST_DENSITY, dynamics=FIRST_DYNAMICS)
    schedules = {part.name: part.schedule for part in music.parts}
    return FullnessCourse(music.course or NoCourse(), fullness, staying(scene), schedules)
