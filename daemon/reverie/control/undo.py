"""What people have done last, so that it can be taken back. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reverie.compose.played_loop import PlayedLoop
from reverie.control.overrides import Overrides
from reverie.history.favourites import Keep
from reverie.site.actions import LEVELS, TIMBRE_LEVELS, Action

MOST = 10
"""Acts that can be taken back, one after the other."""
ONE_MOVE = 2.0
"""Seconds within which the next value of a level is of the same move: a knob that is turned sends many."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done, and what was before it.

    ``overrides`` are what was set, ``played`` what those voices played that go on otherwise, and ``keeps`` what was
    kept. ``at`` is in monotonic seconds.
    """

    action: Action
    at: float
    overrides: Overrides
    played: Mapping[str, PlayedLoop] = field(default_factory=dict[str, PlayedLoop])
    keeps: tuple[Keep, ...] = ()

    def goes_on(self, before: Act) -> bool:
        """Whether it only moves on what another has begun to move."""
        return (
            _moved(self.action) == _moved(before.action)
            and self.action.kind in LEVELS
            and self.at - before.at < ONE_MOVE
        )


class Done:
    """The last acts in the scene that plays; what visitors do lets nothing of others be forgotten."""

    def __init__(self) -> None:
        self._acts: deque[tuple[Act, bool]] = deque()

    @property
    def acts(self) -> list[str]:
        """What would be taken back, the last act first."""
        return [str(act.action) for act, _ in reversed(self._acts)]

    def add(self, act: Act, *, visitor: bool = False) -> None:
        """Something was done; a level that moves on is one act with its first value's before."""
        if self._acts:
            before, by_visitor = self._acts[-1]
            if by_visitor == visitor and act.goes_on(before):
                self._acts.pop()
                act = replace(before, action=act.action, at=act.at)
        self._acts.append((act, visitor))
        if len(self._acts) > MOST:
            self._acts.remove(next((one for one in self._acts if one[1]), self._acts[0]))

    def take(self) -> Act | None:
        """The last act, to be taken back; None if there is none."""
        return self._acts.pop()[0] if self._acts else None

    def forget(self) -> None:
        """Nothing of it can be taken back any more."""
        self._acts.clear()


def _moved(action: Action) -> tuple[str, str | None]:
    """What an act moves: both axes of a grid are one thing, which a hand moves at once."""
    return ("timbre" if action.kind in TIMBRE_LEVELS else action.kind), action.voice
