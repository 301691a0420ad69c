"""What visitors do with the music: their wishes come here from the page, and go to the control console."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from reverie.clock import Clock
from reverie.compose.ensemble import Ensemble
from reverie.control.console import ControlConsole
from reverie.control.visitors import PlayAnswer, Standing, Visitor, Visitors
from reverie.foreign import plain
from reverie.site.actions import Action, ControlError, DreamWish
from reverie.site.visitors import VisitorAct, VisitorRules

log = logging.getLogger(__name__)

VISITOR = "visitor"
"""The source of what visitors do, in the record."""
LONGEST_DREAM = 140
"""Characters of the words of a dream."""


class Visits:
    """Asks the rules whether a visitor may, and has it done.

    Args:
        rules: What visitors may do.
        console: By whom it is done.
        clock: By which wishes are counted.
        music: What plays.
        moods: The moods of the scene, and which rules.
        open_bar: The first bar of the scene that can still be changed.
    """

    def __init__(
        self,
        rules: VisitorRules,
        console: ControlConsole,
        clock: Clock,
        music: Callable[[], Ensemble | None],
        moods: Callable[[], Mapping[str, Any]],
        open_bar: Callable[[], int],
    ) -> None:
        self._rules = rules
        self._console = console
        self._music = music
        self._moods = moods
        self._open_bar = open_bar
        self._visitors = Visitors(rules, clock.now)
        self._acts: Mapping[VisitorAct, Callable[[Mapping[str, Any], Visitor], PlayAnswer]] = {
            "mood": self._mood,
            "dream": self._dream,
            "keep": self._keep,
        }

    def state(self, visitor: Visitor) -> Mapping[str, Any]:
        """What may be done here, by this visitor, and what there is to play with."""
        standing, moods = self._visitors.see(visitor), self._moods()
        return {
            "allow": sorted(self._rules.allow & self._acts.keys()),
            "together": self._rules.together,
            "turn": standing.as_json,
            "idle": self._rules.idle,
            "moods": moods.get("moods", []),
            "mood": moods.get("rules"),
            "votes": dict(self._visitors.votes),
        }

    def wish(self, act: VisitorAct, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        """A visitor wants something."""
        if act not in self._acts:
            return PlayAnswer(ok=False, key="play.refused.not-allowed")
        if (refusal := self._visitors.may(visitor, act)) is not None:
            return PlayAnswer(ok=False, key=f"play.refused.{refusal}")
        try:
            return self._acts[act](wanted, visitor)
        except ControlError as error:
            return PlayAnswer(ok=False, key="play.refused.because", params={"why": plain(str(error))})

    def turn(self, visitor: Visitor, *, leave: bool = False) -> PlayAnswer:
        """A visitor wants a turn, or gives it away."""
        if leave:
            self._visitors.leave(visitor)
            return PlayAnswer(ok=True, key="play.turn.left")
        standing = self._visitors.wait(visitor)
        if not isinstance(standing, Standing):
            return PlayAnswer(ok=False, key=f"play.refused.{standing}")
        key = "play.turn.yours" if standing.may else "play.turn.waits"
        return PlayAnswer(True, key, {"seconds": round(standing.seconds or 0.0)}, more={"turn": standing.as_json})

    def bar_sounded(self) -> None:
        """A bar line: the mood with most votes wins, where there are any."""
        mood = self._visitors.count_votes()
        if mood is not None:
            self._console.use(Action.of_dream(DreamWish(mood, replaces=True)), VISITOR)

    def _mood(self, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        mood = _text(wanted, "mood")
        if self._rules.together == "votes":
            if mood not in self._moods().get("moods", []):
                raise ControlError("the scene has no such mood")
            self._visitors.vote(visitor, mood)
            return PlayAnswer(True, "play.voted", {"mood": mood}, self._open_bar() + 1)
        bar = self._open_bar()
        self._do(Action.of_dream(DreamWish(mood, replaces=True)))
        return PlayAnswer(True, "play.heard", {"bar": bar + 1}, bar + 1)

    def _dream(self, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        del visitor
        text, bar = _text(wanted, "text"), self._open_bar()
        self._do(Action.of_dream(DreamWish(text=text, replaces=True)))
        return PlayAnswer(True, "play.heard", {"bar": bar + 1}, bar + 1)

    def _keep(self, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        del wanted, visitor
        self._do(Action("keep"))
        return PlayAnswer(ok=True, key="play.kept")

    def _do(self, action: Action) -> None:
        """Have something done.

        Raises:
            ControlError: if it was refused.
        """
        if refused := self._console.use(action, VISITOR):
            raise ControlError(refused)


def _text(wanted: Mapping[str, Any], name: str) -> str:
    text = wanted.get(name)
    if not isinstance(text, str) or not text.strip():
        raise ControlError(f"`{name}` is missing")
    if len(text) > LONGEST_DREAM:
        raise ControlError(f"`{name}` has up to {LONGEST_DREAM} characters")
    return text
