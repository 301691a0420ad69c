"""One scene passes into the next: what plays comes to its end, and meanwhile the other waits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reverie.clock import Clock
from reverie.compose.ending_course import without_ending
from reverie.compose.ensemble import Ensemble
from reverie.conductor.arranging.arrange_passage import arrange_ending, phrase_line
from reverie.scenes.schema import Scene

log = logging.getLogger(__name__)

BOUNCE = 0.4
"""Seconds within which a scene that is asked for again is asked for by a button that bounces, and not in a hurry."""


@dataclass(frozen=True, slots=True)
class ScenePassage:
    """The scene ``into`` begins in bar ``end_bar`` of the one that plays, whose end begins in bar ``first_bar``."""

    into: Scene
    first_bar: int
    end_bar: int
    asked: float


class Passages:
    """Lets what plays end before another scene begins.

    Args:
        clock: By which a hurry is told from a button that bounces.
        changed: Called where the course of what plays has changed: the player is to be told, and lines go on.
    """

    def __init__(self, clock: Clock, changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._passage: ScenePassage | None = None

    @property
    def into(self) -> str | None:
        """The scene that waits; None where none does."""
        return self._passage.into.name if self._passage else None

    def wait(self, playing: Scene, ensemble: Ensemble, wanted: Scene, *, hurried: bool) -> bool:
        """Have a scene wait until the one that plays has ended; False where it is to begin at once.

        Args:
            playing: the scene that plays.
            ensemble: its performance.
            wanted: the scene that is asked for.
            hurried: whether one who asks for the scene that waits already does not want to wait for it.
        """
        length, passage, now = _length(playing), self._passage, self._clock.now()
        if not length or ensemble.bar < 0:
            return False
        if passage is not None and passage.into.name == wanted.name:
            return not hurried or now - passage.asked < BOUNCE
        if passage is None:
            soonest = ensemble.bar + 2
            cut = playing.passage is not None and playing.passage.kind == "cut"  # its last bar is before the line
            first = phrase_line(playing, ensemble.course, soonest + cut) - cut
            passage = ScenePassage(wanted, first, first + length, now)
        self._passage = replace(passage, into=wanted, asked=now)
        self.go_on(playing, ensemble)
        bars = self._passage.end_bar - ensemble.bar - 1
        log.info("Passing from %s into %s in %d bars.", playing.name, wanted.name, bars)
        return True

    def go_on(self, playing: Scene, ensemble: Ensemble) -> None:
        """The course of what plays is another one: if it was about to end, it still is."""
        if self._passage is not None:
            self.lay(playing, ensemble)
            self._changed()

    def lay(self, playing: Scene, ensemble: Ensemble) -> None:
        """Lay the end over the course of what plays, which nobody has been told of yet.

        Where the scene's file has changed, it ends as that says now: after as many bars or, where it has no end or that
        would be over, with the next bar line.
        """
        if self._passage is None:
            return
        first, course = self._passage.first_bar, without_ending(ensemble.course)
        length = _length(playing)
        pause = playing.passage.pause if playing.passage else 0
        if first + length - pause <= ensemble.bar + 1 or not length:
            self._passage = replace(self._passage, end_bar=0)
            ensemble.change_course(course, 0)
            return
        self._passage = replace(self._passage, end_bar=first + length)
        ending = arrange_ending(playing, course, ensemble.arrangement.harmony, first, self._passage.into)
        ensemble.change_course(ending.course, first, ending.closing)

    def give_up(self, ensemble: Ensemble) -> None:
        """What plays is wanted after all: it goes on, and nothing waits."""
        if self._passage is not None:
            self._passage = None
            ensemble.change_course(without_ending(ensemble.course), 0)
            self._changed()

    def forget(self) -> None:
        """Another scene begins: nothing waits."""
        self._passage = None

    def due(self, bar: int) -> str | None:
        """The scene that is to begin with the next bar line, now that scene bar ``bar`` of what plays is over."""
        passage = self._passage
        return passage.into.name if passage is not None and bar + 2 >= passage.end_bar else None

    def status(self, ensemble: Ensemble | None) -> Mapping[str, Any] | None:
        """What waits, and in how many bars it begins; None where nothing does."""
        if self._passage is None or ensemble is None:
            return None
        bars = max(self._passage.end_bar - ensemble.bar - 1, 1)
        into = self._passage.into
        sentence = f"passing into {into.name} in {bars} bar{'s' if bars > 1 else ''}"
        return {"into": into.name, "title": into.title, "bars": bars, "sentence": sentence}


def _length(scene: Scene) -> int:
    """Bars from the first of the scene's end to the next scene; 0 where that begins with the next bar line."""
    way = scene.passage
    if way is None or (way.kind == "cut" and not way.pause):
        return 0
    return (1 if way.kind == "cut" else way.bars) + way.pause
