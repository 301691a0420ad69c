"""Counts crashes with the scene that plays, and has a safe scene played in place of one that is marked by them.

A composer that dies before it has answered cannot start, whatever plays; the music goes on without it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from reverie.bus import Bus
from reverie.conductor.care.scene_marks import SceneMarks
from reverie.watch.happenings import LoopAnswered, SceneBegun, SceneChanged, WorkerDied
from reverie.watch.stage_heartbeat import BEATING

log = logging.getLogger(__name__)

COMPOSER = "composer"


class SceneCrashes:
    """Hears of scenes and deaths.

    Args:
        marks: What is kept of them.
        after_crash: Whether the daemon's life before this one crashed; then it did so with the scene that played.
        play_safe: Has a safe scene played.
    """

    def __init__(self, marks: SceneMarks, play_safe: Callable[[], None], *, after_crash: bool) -> None:
        self._marks = marks
        self._play_safe = play_safe
        self._composer_answered = False
        """Whether this life of the composer has."""
        if after_crash:
            marks.crashed()

    def subscribe_to(self, bus: Bus) -> None:
        """Count from now on."""
        bus.subscribe(SceneBegun, lambda said: self._marks.plays(said.scene))
        bus.subscribe(SceneChanged, lambda said: self._marks.plays(said.scene))
        bus.subscribe(LoopAnswered, lambda _: self._composer_is(answered=True))
        bus.subscribe(WorkerDied, self._died)

    def _composer_is(self, *, answered: bool) -> None:
        self._composer_answered = answered

    def _died(self, said: WorkerDied) -> None:
        counts = said.crash and said.role in BEATING and (said.role != COMPOSER or self._composer_answered)
        if said.role == COMPOSER:
            self._composer_is(answered=False)
        if counts and (name := self._marks.crashed()):
            log.warning("A safe scene plays in place of %s.", name)
            self._play_safe()
