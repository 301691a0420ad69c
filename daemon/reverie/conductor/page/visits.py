"""What visitors do with the music: their wishes come here from the page, and go to the control console."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.compose.ensemble import Ensemble
from reverie.conductor.keeping.moment_keeping import MomentKeeper
from reverie.conductor.page.playthings import HeardTunes, button_voice, describe_playthings, drum_voice, tune_voice
from reverie.control.console import VISITOR, ControlConsole
from reverie.control.plain_wish import MOST_AT_ONCE, blend_of, seed_of
from reverie.control.visitors import PlayAnswer, Standing, Visitor, Visitors
from reverie.foreign import plain
from reverie.site.actions import Action, ControlError, DreamWish, Played, button_of
from reverie.site.visitor_rules import VisitorAct, VisitorRules

log = logging.getLogger(__name__)

_HUGE = 1e9
FRESH = 0.3
"""Seconds for which it is handed out as it is what there is to play with."""
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
        moments: By whom what sounds is kept.
    """

    def __init__(
        self,
        rules: VisitorRules,
        console: ControlConsole,
        clock: Clock,
        music: Callable[[], Ensemble | None],
        moods: Callable[[], Mapping[str, Any]],
        open_bar: Callable[[], int],
        moments: MomentKeeper,
    ) -> None:
        self._rules = rules
        self._console = console
        self._music = music
        self._moods = moods
        self._open_bar = open_bar
        self.moments = moments
        self._clock = clock
        self._last = clock.now()
        self._told: Mapping[str, Any] = {}
        self._told_at = float("-inf")
        self._visitors = Visitors(rules, clock.now)
        self._heard = HeardTunes()
        self._acts: Mapping[VisitorAct, Callable[[Mapping[str, Any], Visitor], PlayAnswer]] = {
            "mood": self._mood,
            "dream": self._dream,
            "keep": self._keep,
            "drums": self._drums,
            "melody": self._melody,
            "contour": self._contour,
            "tempo": self._tempo,
            "swing": self._swing,
            "temperature": self._temperature,
        }

    def rules_are(self, rules: VisitorRules) -> None:
        """These rules hold from now on; turns and places in the queue stay."""
        self._rules = rules
        self._visitors.rules_are(rules)
        self.moments.store.many = rules.moments

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on what sounds."""
        self._heard.subscribe_to(bus)

    def state(self, visitor: Visitor) -> Mapping[str, Any]:
        """What may be done here, by this visitor, and what there is to play with."""
        standing, moods, music = self._visitors.see(visitor), self._moods(), self._music()
        left = self._rules.idle - (self._clock.now() - self._last)
        return {
            "allow": sorted(self._rules.allow & self._acts.keys()),
            "together": self._rules.together,
            "turn": standing.as_json,
            "idle": self._rules.idle,
            "idle_in": round(max(left, 0.0), 1) if self._console.visited else None,
            "limits": {
                "tempo": [*self._rules.tempo],
                "swing": [*self._rules.swing],
                "temperature": [*self._rules.temperature],
                "density": [*self._rules.density],
                "at_once": MOST_AT_ONCE,
            },
            "moods": moods.get("moods", []),
            "mood": moods.get("rules"),
            "votes": dict(self._visitors.votes),
            "bar": max(music.bar + 2, 1) if music else None,
            **self._described(music),
        }

    def wish(self, act: VisitorAct, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        """A visitor wants something."""
        if act not in self._acts:
            return PlayAnswer(ok=False, key="play.refused.not-allowed")
        if (refusal := self._visitors.may(visitor, act)) is not None:
            return PlayAnswer(ok=False, key=f"play.refused.{refusal}")
        self._last = self._clock.now()
        try:
            return self._acts[act](wanted, visitor)
        except ControlError as error:
            return PlayAnswer(ok=False, key="play.refused.because", params={"why": plain(str(error))})
        finally:
            self._told_at = float("-inf")

    def _described(self, music: Ensemble | None) -> Mapping[str, Any]:
        """What there is to play with, no older than :data:`FRESH`: thousands who ask cost no more than a few."""
        now = self._clock.now()
        if music is not None and not self._told_at <= now < self._told_at + FRESH:
            self._told, self._told_at = describe_playthings(music, self._console.overrides, self._heard), now
        return self._told if music is not None else {}

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
        self._told_at = float("-inf")
        mood = self._visitors.count_votes()
        if mood is not None:
            self._console.use(Action.of_dream(DreamWish(mood, replaces=True)), VISITOR)

    def look(self) -> None:
        """Where nobody has wished for anything for a while, the piece goes on by itself; called every second."""
        if self._console.visited and self._clock.now() - self._last >= self._rules.idle:
            self._console.put_back("time")

    def _mood(self, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        mood = _text(wanted, "mood")
        if self._rules.together == "votes":
            if mood not in self._moods().get("moods", []):
                raise ControlError("the scene has no such mood")
            self._visitors.vote(visitor, mood)
            music, bar = self._music(), self._open_bar()
            bar = bar if music is None else max(bar, music.bar + 3)  # votes are counted when the next bar begins
            return PlayAnswer(True, "play.voted", {"mood": mood}, bar + 1)
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
        name = self.moments.keep()
        self._console.note("keep", name, VISITOR)  # what artists keep of the scene stays theirs
        return PlayAnswer(ok=True, key="play.kept", more={"link": f"/moment/{name}", "id": name})

    def _drums(self, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        del visitor
        said = {**wanted}
        voice = drum_voice(self._present, said.pop("voice", None))
        if not said:
            return self._let_go("seed", voice)
        return self._ask(Action("seed", voice=voice, loop=seed_of(said, self._rules.density)))

    def _melody(self, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        del visitor
        said = {**wanted}
        voice = tune_voice(self._present, said.pop("voice", None))
        return self._ask(Action("blend", voice=voice, loop=blend_of(said))) if said else self._let_go("blend", voice)

    def _contour(self, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        del visitor
        voice = button_voice(self._present, wanted.get("voice"))
        self._do(Action("contour", button_of(wanted.get("button")), voice))
        return PlayAnswer(ok=True, key="play.pressed")

    def _tempo(self, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        del visitor
        value = _within(wanted.get("value"), self._rules.tempo)
        self._do(Action("tempo", value))
        return PlayAnswer(True, "play.at-once", {"value": round(value, 1)})

    def _swing(self, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        del visitor
        value, bar = _within(wanted.get("value"), self._rules.swing), self._open_bar() + 1
        self._do(Action("swing", value))
        return PlayAnswer(True, "play.heard", {"bar": bar}, bar)

    def _temperature(self, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        del visitor
        value, voice = _within(wanted.get("value"), self._rules.temperature), wanted.get("voice")
        if voice is not None and not isinstance(voice, str):
            raise ControlError("a `voice` is meant by its name")
        self._do(Action("temperature", value, voice))
        return PlayAnswer(True, "play.later", {"value": round(value, 2)})

    def _ask(self, action: Action) -> PlayAnswer:
        """Have a voice play what is asked; the bar from which it is heard."""
        refused, bar = self._console.heard_from(action, VISITOR)
        if refused:
            raise ControlError(refused)
        if bar is None:
            return PlayAnswer(ok=True, key="play.soon")
        return PlayAnswer(True, "play.heard", {"bar": bar + 1}, bar + 1)

    def _let_go(self, kind: Played, voice: str) -> PlayAnswer:
        """A voice goes on as it did before visitors played with it."""
        bar = self._open_bar() + 1
        if not self._console.put_back(VISITOR, voice):
            self._do(Action(kind, voice=voice))
        return PlayAnswer(True, "play.let-go", {"bar": bar}, bar)

    @property
    def _present(self) -> Ensemble:
        music = self._music()
        if music is None:
            raise ControlError("nothing plays yet")
        return music

    def _do(self, action: Action) -> None:
        """Have something done.

        Raises:
            ControlError: if it was refused.
        """
        if refused := self._console.use(action, VISITOR):
            raise ControlError(refused)


def _within(value: object, limits: tuple[float, float]) -> float:
    """A number held to limits.

    Raises:
        ControlError: if it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _HUGE:
        raise ControlError("`value` is a number")
    return min(max(float(value), limits[0]), limits[1])


def _text(wanted: Mapping[str, Any], name: str) -> str:
    text = wanted.get(name)
    if not isinstance(text, str) or not text.strip():
        raise ControlError(f"`{name}` is missing")
    if len(text) > LONGEST_DREAM:
        raise ControlError(f"`{name}` has up to {LONGEST_DREAM} characters")
    return text
