"""Levels that people set, at once or over some bars: of the whole, and of each voice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from reverie.compose.by_hand import ByHand
from reverie.control.overrides import PLAIN, STEP, Overrides, set_to
from reverie.control.ramps import Ramp, Ramps
from reverie.control.steered import Steered
from reverie.site.actions import VOICE_LEVELS, WHOLE_LEVELS, Action, ControlError, ControlLimits, Level, VoiceLevel

Values = Mapping[str | None, float]
"""A level by voice; None is the whole."""


class Levels:
    """Moves levels within their limits.

    Args:
        steered: What is set.
        limits: How far.
    """

    def __init__(self, steered: Steered, limits: ControlLimits) -> None:
        self._steered = steered
        self._limits = limits
        self.ramps = Ramps()

    def limits_are(self, limits: ControlLimits) -> None:
        """Levels go so far from now on; volume and tempo, where they are set beyond, come back at once."""
        self._limits, now = limits, self._steered.overrides
        tempo = None if now.tempo is None else limits.within("tempo", now.tempo)
        held = replace(now, volume=limits.within("volume", now.volume), tempo=tempo)
        if held != now:
            self._steered.set(held)

    def move(self, level: Level, action: Action) -> str:
        """Set a level, or begin to move it; how it stands then, in words.

        Raises:
            ControlError: if it is no number, or no voice that is meant has such a level.
        """
        if isinstance(action.value, bool | str | tuple | None) or not math.isfinite(action.value):
            raise ControlError(f"{level} needs a number")
        value = self._limits.within(level, action.value)
        whole = level in WHOLE_LEVELS
        keys: list[str | None] = [None] if whole else [*self._steered.able(action.voice, level)]
        self.ramps.stop(level, keys)
        told = "" if whole else "; ".join(set_to(_of_voices(level), str(key), value) for key in keys)
        if not action.over:
            self._put(level, dict.fromkeys(keys, value))
            return told
        for key in keys:
            self.ramps.begin(Ramp(level, key, self.at(level, key), value, action.over))
        return f"{told or f'the {level} goes to {value:.4g}'}, within {action.over} bars"

    def go_a_step(self, *, up: bool) -> None:
        """Make it louder or quieter by a step."""
        low, high = self._limits.volume
        volume = self._steered.overrides.volume + (high - low) * STEP * (1 if up else -1)
        self.ramps.stop("volume", [None])
        self._put("volume", {None: self._limits.within("volume", volume)})

    def undo(self, level: Level, voice: str | None, before: Overrides) -> None:
        """Set a level back to where it was, and let no ramp move it; those of voices that were not meant stay."""
        now = self._steered.overrides
        if level in WHOLE_LEVELS:
            self.ramps.stop(level, [None])
            self._steered.set(replace(now, **{level: getattr(before, level)}))
            return
        voices = [name for name in self._steered.voices() if voice in {None, name}]
        self.ramps.stop(level, voices)
        one = _of_voices(level)
        others = {name: value for name, value in now.of(one).items() if name not in voices}
        self._set(one, others | {name: value for name, value in before.of(one).items() if name in voices})

    def step(self) -> None:
        """A bar is over: levels that are on their way go on, each within its limits."""
        moved: dict[Level, dict[str | None, float]] = {}
        for ramp in self.ramps.step():
            moved.setdefault(ramp.level, {})[ramp.voice] = self._limits.within(ramp.level, ramp.value)
        for level, values in moved.items():
            self._put(level, values)

    def at(self, level: Level, voice: str | None) -> float:
        """Where a level of the whole, or of a voice, stands now."""
        overrides = self._steered.overrides
        if level == "volume":
            return overrides.volume
        if level == "tempo":
            return overrides.tempo or self._steered.music().tempo()
        if level == "swing":
            return self._steered.music().swing() if overrides.swing is None else overrides.swing
        if level == "temperature":
            return self._steered.music().temperature(voice or "")
        return overrides.of(_of_voices(level)).get(voice or "", PLAIN[_of_voices(level)])

    def common(self, level: VoiceLevel, voice: str | None) -> float | None:
        """Where a level of a voice stands, or of all that have it; None where they differ, or none has it."""
        music = self._steered.stage.music
        names = [part.name for part in music.parts if voice in {None, part.name}] if music else []
        found = {self.at(level, name) for name in names if music and not music.lacks(name, level)}
        return found.pop() if len(found) == 1 else None

    def _put(self, level: Level, values: Values) -> None:
        overrides = self._steered.overrides
        if level in WHOLE_LEVELS:
            self._steered.set(replace(overrides, **{level: values[None]}))
        else:
            named = {name: value for name, value in values.items() if name is not None}
            self._set(_of_voices(level), {**overrides.of(_of_voices(level)), **named})

    def _set(self, level: VoiceLevel, values: Mapping[str, float]) -> None:
        music, before = self._steered.music(), self._steered.overrides.of(level)
        self._steered.overrides = after = self._steered.overrides.having(level, values)
        now = after.of(level)
        changed = [name for name in self._steered.voices() if now.get(name) != before.get(name)]
        if level == "level":
            self._steered.set(after)
            return
        for name in changed:
            if level == "temperature":
                music.set_temperature(name, now.get(name))
            else:
                music.set_by_hand(name, self._by_hand(name))
        self._steered.stage.fill()

    def _by_hand(self, voice: str) -> ByHand:
        return ByHand(self.at("density", voice), self.at("register", voice), round(self.at("every", voice)))


def _of_voices(level: Level) -> VoiceLevel:
    """The same level, which must be one of voices."""
    return next(one for one in VOICE_LEVELS if one == level)
