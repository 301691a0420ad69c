"""What plays comes to its end as the installation closes: voices leave, it grows softer, the last bar is a last one.

By what plays alone it is known whether the end is laid over it: a scene that begins in the midst, a dream or a file
that changes takes it off, and the next look lays it anew over the time that is left.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from reverie.compose.course import NoCourse
from reverie.compose.ending_course import EndingCourse, without_ending
from reverie.compose.ensemble import Ensemble
from reverie.compose.fullness_course import Fullness, FullnessCourse, ending_of
from reverie.conductor.arranging.arrange_passage import FADED, staying
from reverie.conductor.scene.scene_play import ScenePlay
from reverie.music.time import TICKS_PER_QUARTER

log = logging.getLogger(__name__)

FADE = 8
"""Bars of the fade at the end, in which nobody leaves any more."""
SHORTEST, SHORTEST_SECONDS = 4, 20.0
"""Bars of an end that comes too late, and seconds that it may take at most."""
THINNED, SOFTENED = 0.6, 0.8
"""Density and dynamics of the last voice, before the fade."""


class Closing:
    """Lays the end over what plays.

    Args:
        play: What plays.
        tempo: The tempo that people have set, if they have: an end lasts as long by the clock.
    """

    def __init__(self, play: ScenePlay, tempo: Callable[[], float | None]) -> None:
        self._play = play
        self._tempo = tempo
        self._end: int | None = None
        self._fullness: Fullness | None = None

    def look(self, seconds: float) -> None:
        """Have what plays end in about so many seconds, unless it ends already."""
        scene, music = self._play.scene, self._play.ensemble
        if scene is None or music is None or music.bar < 0 or self._play.passages.into is not None:
            return
        if self._is_laid(music):
            return
        first, bar = music.bar + 2, self._bar_seconds(music)
        bars = max(round(seconds / bar) - 1, min(SHORTEST, max(int(SHORTEST_SECONDS / bar), 1)))
        course, voices = without_ending(music.course) or NoCourse(), staying(scene)
        fade = min(FADE, bars)
        if bars > fade:
            schedules = {part.name: part.schedule for part in music.parts}
            self._fullness = Fullness(first, bars - fade, 1.0, 0.0, density=THINNED, dynamics=SOFTENED)
            course = FullnessCourse(course, self._fullness, voices, schedules)
        fading = first + bars - fade
        music.change_course(EndingCourse(course, fading, fade, voices, FADED, density=1.0, stay=True), first)
        self._end = first + bars
        log.info("%s ends within %d bars, as it is closing time.", scene.name, bars)
        self._play.course_changed()

    @property
    def is_over(self) -> bool:
        """Whether the last bar of the end sounds now, or has sounded."""
        music = self._play.ensemble
        return music is not None and self._is_laid(music) and music.bar + 2 >= (self._end or 0)

    def give_up(self) -> None:
        """It does not close after all: what plays goes on."""
        music = self._play.ensemble
        if music is not None and self._is_laid(music):
            course = without_ending(music.course)
            if isinstance(course, FullnessCourse) and course.fullness == self._fullness:
                course = course.inner
            music.change_course(course, 0)
            self._play.course_changed()
        self._end = None

    @property
    def is_laid(self) -> bool:
        """Whether what plays is about to end."""
        return self._play.ensemble is not None and self._is_laid(self._play.ensemble)

    def _is_laid(self, music: Ensemble) -> bool:
        ending = ending_of(music.course)
        return ending is not None and ending.end_bar == self._end

    def _bar_seconds(self, music: Ensemble) -> float:
        tempo = self._tempo() or music.tempo()
        return music.arrangement.metre.bar_ticks / TICKS_PER_QUARTER * 60 / tempo
