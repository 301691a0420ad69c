"""Before the installation opens: is there a composer, has each voice loops, and is each slot heard?"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from reverie.bus import Bus
from reverie.compose.ensemble import Ensemble
from reverie.watch.fault_kinds import NOT_READY_TO_OPEN
from reverie.watch.faults import Faults
from reverie.watch.happenings import LoopAnswered
from reverie.watch.verdict import Verdict

log = logging.getLogger(__name__)

OPENING_BARS = 4
"""Bars with which it opens: whoever comes in later is composed for later."""


class SelfTest(Protocol):
    """Has each slot sound a quiet figure, and hears whether it does."""

    def begin(self) -> None:
        """Begin it; this does not wait."""
        ...

    def verdict(self) -> Verdict | None:
        """Who was heard, in a sentence; None while it is not over."""
        ...


class SlotsThere:
    """The self-test of an installation that hears nothing of itself: whether each slot has its device."""

    def __init__(self, ready: Callable[[], Verdict]) -> None:
        self._ready = ready

    def begin(self) -> None:
        """Nothing sounds."""

    def verdict(self) -> Verdict:
        """Whether every slot has its device."""
        return self._ready()


def awaited(music: Ensemble | None) -> list[str]:
    """The voices with which the music opens and that a model composes."""
    if music is None:
        return []
    early = {name for bar in range(OPENING_BARS) for name in music.voices_in(bar)}
    return [part.name for part in music.parts if part.name in early and music.source(part.name) == "model"]


@dataclass(frozen=True, slots=True)
class WarmedUp:
    """What came of it: of the composer, of the voices that have no loop of it yet, and of the slots."""

    composer: bool
    without_loops: tuple[str, ...]
    slots: Verdict | None

    @property
    def faults(self) -> tuple[str, ...]:
        """What is not as it should be, a sentence each."""
        told: list[str] = []
        if not self.composer:
            told.append("the composer is down")
        elif self.without_loops:
            told.append(f"no loop was composed yet for {', '.join(self.without_loops)}")
        if self.slots is not None and not self.slots.ok:
            told.append(self.slots.sentence.rstrip("."))
        return tuple(told)


class WarmUp:
    """Makes all ready while it is still closed, and tells what is not.

    Args:
        begin: Begins the scene that is due, unheard, so that its voices compose; False if there is none.
        voices: The voices that models compose.
        composer: Whether the composer is up.
        test: Has the slots tested.
        faults: Where it is told that something is not ready.
    """

    def __init__(
        self,
        begin: Callable[[], object],
        voices: Callable[[], Iterable[str]],
        composer: Callable[[], bool],
        test: SelfTest,
        faults: Faults,
    ) -> None:
        self._begin = begin
        self._voices = voices
        self._composer = composer
        self._faults = faults
        self._composed: set[str] = set()
        self.test = test
        self.begun = False

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of what is composed."""
        bus.subscribe(LoopAnswered, lambda said: self._composed.add(said.answer.recipe.voice))

    def look(self) -> WarmedUp:
        """Begin, or see how far it is; what is not ready yet is told once it could be."""
        if not self.begun:
            self.begun = True
            self._composed.clear()
            log.info("It opens soon: all is made ready and tested.")
            self._begin()
            self.test.begin()
        return self.result

    @property
    def result(self) -> WarmedUp:
        """How it stands."""
        missing = tuple(name for name in self._voices() if name not in self._composed)
        return WarmedUp(self._composer(), missing, self.test.verdict())

    def status(self) -> Mapping[str, Any] | None:
        """How far it is, for people; None while nothing is made ready."""
        if not self.begun:
            return None
        result = self.result
        return {
            "composer": result.composer,
            "without_loops": list(result.without_loops),
            "slots": result.slots and result.slots.sentence,
        }

    def tell(self) -> None:
        """It opens in a minute: what is not ready is told, and what is, is not any more."""
        if told := self.result.faults:
            self._faults.tell(NOT_READY_TO_OPEN, "", f"It opens, and not all is ready: {'; '.join(told)}")
        else:
            self._faults.clear(NOT_READY_TO_OPEN)

    def over(self) -> None:
        """It has opened: whatever was not ready is told by others from now on."""
        self.begun = False
        self._faults.clear(NOT_READY_TO_OPEN)
