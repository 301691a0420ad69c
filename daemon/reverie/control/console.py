"""The control console: what people want of the music arrives here, is paced, held to the limits, done and recorded."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reverie.allowance import Allowance
from reverie.attending import always
from reverie.clock import Clock, SystemClock
from reverie.compose.played_loop import PlayedLoop
from reverie.control.acts import Acts
from reverie.control.effect import Effect
from reverie.control.inputs import Controls, Inputs
from reverie.control.override_sentences import sentences
from reverie.control.overrides import Overrides
from reverie.control.plain_action import action_of
from reverie.control.ramps import Ramp
from reverie.control.rate_limit import RateLimit
from reverie.control.stage import Dreamer, Favourites, Stage
from reverie.errors import capital, ended
from reverie.foreign import plain
from reverie.history.control_log import Record, Use, date
from reverie.logs import ONCE
from reverie.site.actions import LEVELS, Action, ControlError, ControlLimits, Level
from reverie.site.dream_wish import dream_of_json
from reverie.watch.faults import Faults
from reverie.watch.verdict import Verdict

log = logging.getLogger(__name__)

AGAIN = "it is tried again, and the music plays on."

LEVEL_EVERY = 0.05
"""Seconds between two values of a level: a knob that is turned wildly does not flood the player."""
BUTTON_EVERY = 0.25
"""Seconds between two effects of a button: it bounces, and a program may press it without end."""
PRESS_EVERY = 0.05
"""Seconds between two presses of one button of a contour, which is played and not switched."""
DREAM_EVERY = 0.5
"""Seconds between two dreams of one mood and source, by surface or OSC."""
DREAMS, DREAMS_AT_ONCE = 1.0, 8.0
"""Dreams a second that are begun for those who wait for an answer, and at once."""
VISITOR = "visitor"
"""The source of what visitors do."""
RECORD_EVERY = 1.0
"""Seconds between two records of a level that is being moved."""

RECORDED, AT_ONCE = 10.0, 200.0
"""Uses of one source that are recorded a second for long, and at once: a flood must not wear out a memory card."""

Later = Callable[[float, Callable[[], None]], object]


@dataclass(frozen=True, slots=True)
class _Wish:
    action: Action
    source: str


@dataclass(frozen=True, slots=True)
class _Outcome:
    wish: _Wish
    refused: str = ""
    effect: Effect = field(default_factory=Effect)


class ControlConsole:
    """Takes what people want, in the pace of people, has it done, and keeps the record.

    Args:
        stage: What is moved.
        dreamer: What dreams.
        controls: By what, and how far.
        record: The file in which every use is kept.
        favourites: Where it is kept what people keep of the music.
        count: Told of every use: the action, where it came from, and in words what was wanted.
        later: Calls something later; the event loop's ``call_later`` unless given.
        clock: By which controls are slowed down, pauses end and uses are dated.
        faults: The register of what is wrong with the inputs and the record.
    """

    def __init__(
        self,
        stage: Stage,
        dreamer: Dreamer,
        controls: Controls,
        record: Path,
        favourites: Favourites,
        count: Callable[[str, str, str], None],
        later: Later | None = None,
        clock: Clock | None = None,
        faults: Faults | None = None,
    ) -> None:
        self._stage = stage
        self._dreamer = dreamer
        self._limits = controls.limits
        self._latest: _Outcome | None = None
        faults = faults or Faults()
        self._record = Record(record, faults)
        self._count = count
        self._clock = clock = clock or SystemClock()
        self._inputs = Inputs(controls, self, faults)
        self._acts = Acts(stage, favourites, controls.limits, controls.pause_for, clock)
        self._keep_moment: Callable[[str, float], str] | None = None
        later = later or _later
        self._levels = RateLimit[tuple[str, str | None], _Wish](LEVEL_EVERY, self._do, later, clock.now)
        self._buttons = RateLimit[tuple[str, str | None], _Wish](BUTTON_EVERY, self._do, later, clock.now)
        self._presses = RateLimit[tuple[str | None, object], _Wish](PRESS_EVERY, self._do, later, clock.now)
        self._panics = RateLimit[None, _Wish](BUTTON_EVERY, self._do, later, clock.now)
        self._dreams = RateLimit[str, _Wish](DREAM_EVERY, self._do, later, clock.now)
        self._dreams_left = Allowance(DREAMS, DREAMS_AT_ONCE, clock.now)
        self._recorded = Allowance(RECORDED, AT_ONCE, clock.now)
        self._refusals = RateLimit[str, _Outcome](RECORD_EVERY, self._keep, later, clock.now)
        self._moves = RateLimit[tuple[str, str | None], _Outcome](RECORD_EVERY, self._note, later, clock.now)

    async def attend(self) -> None:
        """Listen to people, and keep the record, until cancelled."""
        await asyncio.gather(
            always(self._inputs.run, f"Nothing can be controlled by hand for now; {AGAIN}"),
            always(self._record.run, f"What people do is not recorded for now; {AGAIN}"),
        )

    def limits_are(self, limits: ControlLimits, pause_for: float) -> None:
        """Levels can be moved so far from now on, and a pause ends after so many seconds."""
        self._limits = limits
        self._inputs.limits_are(limits)
        self._acts.limits_are(limits, pause_for)

    def keep_moments_by(self, keep: Callable[[str, float], str]) -> None:
        """Have ``keep`` keep the bars of so many seconds ago for a source; it returns the name of the moment."""
        self._keep_moment = keep

    def play_again(self, loops: Mapping[str, PlayedLoop], what: str, source: str) -> Verdict:
        """Have voices play loops of before from their next turns on; it can be taken back. What came of it."""
        try:
            effect = self._acts.play_again(loops, what)
        except ControlError as error:
            return Verdict(ok=False, sentence=f"It was refused: {plain(ended(str(error)))}")
        self._note(_Outcome(_Wish(Action("return"), source), effect=effect))
        return Verdict(ok=True, sentence=f"It is done: {plain(effect.now)}.")

    @property
    def overrides(self) -> Overrides:
        """What people have set."""
        return self._acts.overrides

    @property
    def paused(self) -> bool:
        """Whether people want silence now."""
        return self._acts.paused

    @property
    def touched(self) -> bool:
        """Whether people have set anything that is not as it was at the start."""
        return self._acts.touched

    def ask(self, wanted: object, source: str) -> Verdict:
        """Somebody wants what plain data says (:mod:`reverie.control.plain_action`); what came of it.

        Raises:
            ControlError: if it is no action.
        """
        return self.have_done(action_of(wanted, self._limits), source)

    def have_done(self, action: Action, source: str) -> Verdict:
        """Somebody wants this, and waits for what came of it."""
        refused = self.use(action, source)
        what = plain(str(action))
        if refused is None:
            return Verdict(ok=True, sentence=f"It is done in a moment: {what}.")
        if refused:
            return Verdict(ok=False, sentence=f"It was refused: {plain(ended(refused))}")
        effect = self._latest.effect if self._latest else Effect()
        undid, now = plain(effect.undid), plain(effect.now)
        if undid:
            what = f"{what} ({undid}){f': {now}' if now else ''}"
        return Verdict(ok=True, sentence=f"It is done: {what if undid else now or what}.")

    def use(self, action: Action, source: str) -> str | None:
        """Somebody wants this. Done at once, or soon after others of its kind; the last that is wanted counts.

        However many buttons are pressed at once, a panic is not left out with them. What is for a voice that the scene
        does not have takes no place from others.

        Returns:
            Why it was refused, or nothing ("") if it was done; None if its turn is yet to come.
        """
        if action.kind == "presence":  # a sensor and no hand: it may speak all day, and stands in no record
            self._stage.presence(there=action.value is not False)
            return ""
        wish = _Wish(action, source)
        if action.kind == "panic":
            self._panics.offer(None, wish)
        elif action.kind in {"dream", "wake"}:
            self._dreams.offer(f"{source} {action.value}", wish)
        elif (lacks := self._acts.lacks(action)) is not None:
            self._note(_Outcome(wish, lacks))
            return lacks
        elif action.kind == "contour":
            self._presses.offer((action.voice, action.value), wish)
        else:
            pace = self._levels if action.kind in LEVELS else self._buttons
            pace.offer((action.kind, action.voice), wish)
        return self._latest.refused if self._latest and self._latest.wish is wish else None

    def dream(self, written: bytes, source: str) -> Verdict:
        """Somebody who waits for an answer wants a dream, or its end, which is written in JSON: what came of it."""
        try:
            action = dream_of_json(written)
        except ControlError as error:
            return Verdict(ok=False, sentence=ended(capital(str(error))))
        if not self._dreams_left.take(source):
            return Verdict(ok=False, sentence="Too many dreams are wanted at once; ask again in some seconds.")
        outcome = self._outcome(_Wish(action, source))
        self._note(outcome)
        if outcome.refused:
            return Verdict(ok=False, sentence=ended(capital(outcome.refused)))
        if action.kind == "wake":
            return Verdict(ok=True, sentence="Dreams are ending from the next bar line on.")
        return Verdict(ok=True, sentence=f"A dream of {outcome.wish.action.value} begins with the next bar line.")

    def note(self, action: str, value: str, source: str, refused: str = "") -> None:
        """Keep in the record what was done beside the music, as a test of a slot."""
        self._count(action, source, _said(value, refused))
        self._record.add(Use(date(self._clock.wall()), source, action, plain(value), None, plain(refused)))
        came = f"; refused: {ended(plain(refused))}" if refused else "."
        log.info("By hand (%s): %s %s%s", source, action, plain(value), came)

    def present(self, level: Level, voice: str | None) -> float | None:
        """What a level is, or will be in a moment; None where voices differ."""
        if (wish := self._levels.waiting((level, voice))) and isinstance(wish.action.value, float):
            return wish.action.value
        music = self._stage.music
        match level:
            case "volume":
                return self.overrides.volume
            case "tempo":
                return self.overrides.tempo or (music.tempo() if music else None)
            case "swing":
                return music.swing() if self.overrides.swing is None and music else self.overrides.swing
            case "temperature" | "density" | "register" | "level" | "every":
                return self._acts.levels.common(level, voice)
            case "timbre" | "timbre_x" | "timbre_y":
                return self._acts.timbre_at(level, voice)

    def scene_begun(self) -> None:
        """Another scene begins: what was set for the one before ends with it."""
        self._acts.scene_begun()

    def scene_changed(self, name: str, by: str = "file") -> None:
        """The scene goes on as its changed file says, or somebody's draft: that stands in the record, too."""
        self._acts.scene_changed()
        self._record.add(Use(date(self._clock.wall()), by, "change", plain(name), None))
        self.course_goes_on()

    def course_goes_on(self) -> None:
        """Another bar sounds, or the course of the scene has changed: no mute leaves nobody sounding.

        Who is heard again stands in the record, as what people do at the controls.
        """
        self._acts.play.forget_unasked()
        for voice in self._acts.mutes.hear_somebody():
            log.info("%s is heard again, since every other voice is muted or silent.", voice)
            name = plain(voice)
            now = f"{name} sounds again"
            self._record.add(Use(date(self._clock.wall()), "course", "mute", False, name, now=now))

    def bar_over(self) -> None:
        """A bar is over: levels that are on their way go on."""
        self._acts.levels.step()

    @property
    def ramps(self) -> list[Ramp]:
        """The levels that are on their way."""
        return [*self._acts.levels.ramps]

    @property
    def visited(self) -> bool:
        """Whether anything is as visitors want it."""
        return self._acts.visited

    def put_back(self, source: str, voice: str | None = None) -> list[str]:
        """Let the piece, or one voice, go on as if no visitor had played with it; what is set back, for the record too.

        ``source`` is who wants it: a visitor, or the time that has passed.
        """
        put = [plain(what) for what in self._acts.put_back(voice)]
        for what in put:
            now = f"{what} is over, and the piece goes on"
            self._record.add(Use(date(self._clock.wall()), source, "undo", None, voice and plain(voice), now=now))
            log.info("By hand (%s): %s.", source, now)
        return put

    def heard_from(self, action: Action, source: str) -> tuple[str | None, int | None]:
        """Somebody wants this: why it was refused (:meth:`use`), and the bar of the scene from which it is heard."""
        refused = self.use(action, source)
        done = self._latest if self._latest and self._latest.wish.action is action else None
        return refused, done and done.effect.bar

    def look(self) -> None:
        """See whether the pause is over; called every second."""
        if self.overrides.paused_until is not None and self._clock.now() >= self.overrides.paused_until:
            self.use(Action("pause", value=False), "time")

    def status(self) -> Mapping[str, Any]:
        """What people have set and did last, for people."""
        voices = [part.name for part in self._stage.music.parts] if self._stage.music else []
        now = list(sentences(self.overrides, self._clock.now(), voices))
        last = [use.as_json() for use in self._record.last]
        return {"now": now, "last": last, "inputs": self._inputs.states, **self._acts.status()}

    def _outcome(self, wish: _Wish) -> _Outcome:
        """What comes of it: nothing that anybody wants may be the end of the music."""
        action = wish.action
        try:
            if action.dream is not None:
                mood = self._dreamer.dream(action.dream, wish.source)
                return _Outcome(replace(wish, action=replace(action, value=mood)))
            if action.kind == "wake":
                self._dreamer.wake(None if action.value is None else str(action.value))
                return _Outcome(wish)
            if action.kind == "moment":
                return _Outcome(wish, effect=self._moment(action, wish.source))
            return _Outcome(wish, effect=self._acts.do(action, visitor=wish.source == VISITOR))
        except ControlError as error:
            return _Outcome(wish, str(error))
        except Exception:
            log.exception("The conductor made a mistake when somebody wanted: %s.", action)
            return _Outcome(wish, "it could not be done; see the log")

    def _moment(self, action: Action, source: str) -> Effect:
        """Keep the last bars as they sounded."""
        if self._keep_moment is None:
            raise ControlError("moments are not kept here")
        ago = action.value if isinstance(action.value, float) else 0.0
        return Effect(now=f"what has sounded is kept as the moment {self._keep_moment(source, ago)}")

    def _do(self, wish: _Wish) -> None:
        outcome = self._latest = self._outcome(wish)
        if wish.action.kind in LEVELS:
            self._moves.offer((wish.action.kind, wish.action.voice), outcome)
        else:
            self._note(outcome)

    def _note(self, outcome: _Outcome) -> None:
        """Count a use and keep it; of those that are refused, one a second."""
        self._count(outcome.wish.action.kind, outcome.wish.source, _said(str(outcome.wish.action), outcome.refused))
        if outcome.refused:
            self._refusals.offer(outcome.wish.source, outcome)
        else:
            self._keep(outcome)

    def _keep(self, outcome: _Outcome) -> None:
        action, source, refused = outcome.wish.action, outcome.wish.source, outcome.refused
        if not self._recorded.take(source):
            log.warning("More is controlled by hand than is recorded; the rest is left out.", extra=ONCE)
            return
        use = Use.of(action, source, refused, self._clock.wall())
        undid, now = plain(outcome.effect.undid), plain(outcome.effect.now)
        self._record.add(replace(use, undid=undid, loops=outcome.effect.loops, now=now))
        came = f"; refused: {ended(refused)}" if refused else f": {now}." if now else "."
        log.info("By hand (%s): %s%s%s", source, action, f" ({undid})" if undid else "", came)


def _said(wanted: str, refused: str) -> str:
    return f"{wanted}; refused: {refused}" if refused else wanted


def _later(seconds: float, call: Callable[[], None]) -> object:
    return asyncio.get_running_loop().call_later(seconds, call)
