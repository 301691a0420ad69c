"""The control console: what people want of the music arrives here, is paced, held to the limits, done and recorded."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from reverie.allowance import Allowance
from reverie.clock import Clock, SystemClock
from reverie.control.inputs import Controls, Inputs, always
from reverie.control.overrides import STEP, Overrides, muted
from reverie.control.rate_limit import RateLimit
from reverie.documents import did_you_mean
from reverie.errors import ended
from reverie.foreign import quoted
from reverie.history.control_log import Record, Use
from reverie.logs import ONCE
from reverie.play.messages import Part, SetOverrides
from reverie.site.actions import LEVELS, Action, ControlError, Level
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

LEVEL_EVERY = 0.05
"""Seconds between two values of a level: a knob that is turned wildly does not flood the player."""
BUTTON_EVERY = 0.25
"""Seconds between two effects of a button: it bounces, and a program may press it without end."""
RECORD_EVERY = 1.0
"""Seconds between two records of a level that is being moved."""

RECORDED, AT_ONCE = 10.0, 200.0
"""Uses of one source that are recorded a second for long, and at once: a flood must not wear out a memory card."""

Later = Callable[[float, Callable[[], None]], object]


class Music(Protocol):
    """The scene that plays, as far as people can change it."""

    @property
    def parts(self) -> Sequence[Part]:
        """Its voices."""
        ...

    def tempo(self) -> float:
        """The scene's own tempo in the present bar."""
        ...

    def temperature(self, name: str) -> float:
        """At which temperature a voice is composed now."""
        ...

    def set_temperature(self, name: str, temperature: float) -> None:
        """Compose a voice at this temperature from now on."""
        ...

    def mutate(self, name: str) -> None:
        """Mutate the loop that a voice plays."""
        ...

    def hold(self, *, on: bool) -> None:
        """Have every voice repeat the loop that it plays, or evolve again."""
        ...


class Stage(Protocol):
    """What people can change; none of these may wait."""

    @property
    def music(self) -> Music | None:
        """What plays; None before the first scene."""
        ...

    def scenes(self) -> tuple[Sequence[str], str | None]:
        """The names of all scenes in order, and of the present one."""
        ...

    def play_scene(self, name: str) -> bool:
        """Play another scene; False if it cannot be read."""
        ...

    def pause(self, *, on: bool) -> None:
        """Be silent from the next bar line on, or play on unless the programme rests."""
        ...

    def panic(self) -> None:
        """End every note now."""
        ...

    def override(self, overrides: SetOverrides) -> None:
        """Tell the player what people have set."""
        ...

    def fill(self) -> None:
        """Place and ask for whatever the music wants next."""
        ...


@dataclass(frozen=True, slots=True)
class _WantedLevel:
    action: Action
    source: str


class ControlConsole:
    """Holds what people have set, and sees to it that the music follows.

    Args:
        stage: What is moved.
        controls: By what, and how far.
        record: The file in which every use is kept.
        count: Told of every use: the action and where it came from.
        later: Calls something later; the event loop's ``call_later`` unless given.
        clock: By which controls are slowed down, pauses end and uses are dated.
        faults: The register of what is wrong with the inputs and the record.
    """

    def __init__(
        self,
        stage: Stage,
        controls: Controls,
        record: Path,
        count: Callable[[str, str], None],
        later: Later | None = None,
        clock: Clock | None = None,
        faults: Faults | None = None,
    ) -> None:
        self._stage = stage
        self._limits = controls.limits
        self._pause_for = controls.pause_for
        faults = faults or Faults()
        self._record = Record(record, faults)
        self._count = count
        self._clock = clock = clock or SystemClock()
        self._inputs = Inputs(controls, self, faults)
        self.overrides = Overrides(volume=controls.limits.within("volume", 1.0))
        later = later or _later
        self._levels = RateLimit[tuple[str, str | None], _WantedLevel](LEVEL_EVERY, self._do, later, clock.now)
        self._buttons = RateLimit[tuple[str, str | None], _WantedLevel](BUTTON_EVERY, self._do, later, clock.now)
        self._panics = RateLimit[None, _WantedLevel](BUTTON_EVERY, self._do, later, clock.now)
        self._recorded = Allowance(RECORDED, AT_ONCE, clock.now)
        self._refusals = RateLimit[str, tuple[_WantedLevel, str]](RECORD_EVERY, self._keep, later, clock.now)
        self._moves = RateLimit[tuple[str, str | None], tuple[_WantedLevel, str]](
            RECORD_EVERY, self._note, later, clock.now
        )

    async def attend(self) -> None:
        """Listen to people, and keep the record, until cancelled."""
        await asyncio.gather(always(self._inputs.run), always(self._record.run))

    @property
    def paused(self) -> bool:
        """Whether people want silence now."""
        return self.overrides.paused_until is not None

    def use(self, action: Action, source: str) -> None:
        """Somebody wants this. Done at once, or soon after others of its kind; the last that is wanted counts.

        However many buttons are pressed at once, a panic is not left out with them. What is for a voice that the scene
        does not have takes no place from others.
        """
        if action.kind == "panic":
            self._panics.offer(None, _WantedLevel(action, source))
            return
        if (lacks := self._lacks(action)) is not None:
            self._note((_WantedLevel(action, source), lacks))
            return
        pace = self._levels if action.kind in LEVELS else self._buttons
        pace.offer((action.kind, action.voice), _WantedLevel(action, source))

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
            case "temperature":
                voices = [part.name for part in music.parts if voice in {None, part.name}] if music else []
                values = {music.temperature(name) for name in voices} if music else set[float]()
                return values.pop() if len(values) == 1 else None

    def scene_begun(self) -> None:
        """Another scene begins: what was set for the one before ends with it."""
        self.overrides = self.overrides.in_new_scene()
        self._stage.override(self.overrides.for_player)

    def look(self) -> None:
        """See whether the pause is over; called every second."""
        if self.overrides.paused_until is not None and self._clock.now() >= self.overrides.paused_until:
            self.use(Action("pause", value=False), "time")

    def status(self) -> Mapping[str, Any]:
        """What people have set and did last, for people."""
        now = list(self.overrides.sentences(self._clock.now()))
        last = [use.as_json() for use in self._record.last]
        return {"now": now, "last": last, "inputs": self._inputs.states}

    def _do(self, wish: _WantedLevel) -> None:
        """Nothing that anybody wants may be the end of the music."""
        refused = ""
        try:
            self._act(wish.action)
        except ControlError as error:
            refused = str(error)
        except Exception:
            log.exception("The conductor made a mistake when somebody wanted: %s.", wish.action)
            refused = "it could not be done; see the log"
        if wish.action.kind in LEVELS:
            self._moves.offer((wish.action.kind, wish.action.voice), (wish, refused))
        else:
            self._note((wish, refused))

    def _note(self, noted: tuple[_WantedLevel, str]) -> None:
        """Count a use and keep it; of those that are refused, one a second."""
        wish, refused = noted
        self._count(wish.action.kind, wish.source)
        if refused:
            self._refusals.offer(wish.source, noted)
        else:
            self._keep(noted)

    def _keep(self, noted: tuple[_WantedLevel, str]) -> None:
        wish, refused = noted
        if not self._recorded.take(wish.source):
            log.warning("More is controlled by hand than is recorded; the rest is left out.", extra=ONCE)
            return
        self._record.add(Use.of(wish.action, wish.source, refused, self._clock.wall()))
        log.info("By hand (%s): %s%s", wish.source, wish.action, f"; refused: {ended(refused)}" if refused else ".")

    def _act(self, action: Action) -> None:
        match action.kind:
            case "panic":
                self._stage.panic()
            case "next" | "scene":
                self._go(None if action.kind == "next" else str(action.value))
            case "pause":
                self._pause(action.value)
            case "volume" | "tempo" | "temperature":
                self._move(action.kind, action)
            case "quieter" | "louder":
                low, high = self._limits.volume
                step = (high - low) * STEP * (1 if action.kind == "louder" else -1)
                self._set(replace(self.overrides, volume=self._limits.within("volume", self.overrides.volume + step)))
            case "mute":
                on = None if action.value is None else bool(action.value)
                now = muted(self._music().parts, self.overrides.muted, action.voice or "", on=on)
                self._set(replace(self.overrides, muted=now))
            case "loop" | "mutate":
                self._evolve(action)

    def _evolve(self, action: Action) -> None:
        music = self._music()
        if action.kind == "loop":
            on = not self.overrides.looping if action.value is None else bool(action.value)
            music.hold(on=on)
            self.overrides = replace(self.overrides, looping=on)
        else:
            for name in self._voices(music, action.voice):
                music.mutate(name)
        self._stage.fill()

    def _move(self, level: Level, action: Action) -> None:
        if isinstance(action.value, bool | str | None) or not math.isfinite(action.value):
            raise ControlError(f"{level} needs a number")
        value = self._limits.within(level, action.value)
        if level == "volume":
            self._set(replace(self.overrides, volume=value))
        elif level == "tempo":
            self._set(replace(self.overrides, tempo=value))
        else:
            music = self._music()
            voices = self._voices(music, action.voice)
            for name in voices:
                music.set_temperature(name, value)
            self.overrides = replace(
                self.overrides, temperatures={**self.overrides.temperatures, **dict.fromkeys(voices, value)}
            )
            self._stage.fill()

    def _set(self, overrides: Overrides) -> None:
        self.overrides = overrides
        self._stage.override(overrides.for_player)

    def _pause(self, value: object) -> None:
        on = not self.paused if value is None else bool(value)
        if on != self.paused:
            self.overrides = replace(self.overrides, paused_until=self._clock.now() + self._pause_for if on else None)
            self._stage.pause(on=on)

    def _go(self, wanted: str | None) -> None:
        """Play the scene of that name or number, or the one after the present; what cannot be read is passed over."""
        names, present = self._stage.scenes()
        if wanted is None:
            at = names.index(present) + 1 if present in names else 0
            possible = [name for name in (*names[at:], *names[:at]) if name != present]
        elif wanted in names:
            possible = [wanted]
        elif wanted.isdecimal() and 1 <= int(wanted) <= len(names):
            possible = [names[int(wanted) - 1]]
        else:
            raise ControlError(f"there is no scene {quoted(wanted)}{did_you_mean(wanted, names)}")
        if not any(self._stage.play_scene(name) for name in possible):
            raise ControlError("there is no scene to go to that can be read; see the log")
        self._pause(value=False)

    def _lacks(self, action: Action) -> str | None:
        """That a voice is wanted which the scene does not have."""
        music = self._stage.music
        if music is None or action.voice is None:
            return None
        try:
            self._voices(music, action.voice)
        except ControlError as error:
            return str(error)
        return None

    def _music(self) -> Music:
        music = self._stage.music
        if music is None:
            raise ControlError("nothing plays yet")
        return music

    @staticmethod
    def _voices(music: Music, voice: str | None) -> list[str]:
        names = [part.name for part in music.parts]
        if voice is not None and voice not in names:
            raise ControlError(f"the scene has no voice {quoted(voice)}; it has {', '.join(names)}")
        return names if voice is None else [voice]


def _later(seconds: float, call: Callable[[], None]) -> object:
    return asyncio.get_running_loop().call_later(seconds, call)
