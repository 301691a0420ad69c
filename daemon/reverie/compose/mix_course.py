"""The mix of a scene: level, place and sends of each voice, bar by bar, as controllers of its channel.

Levels are in decibels. Synthesizers play controller 7 at the amplitude ``(v / 127) ** 2`` (MIDI Manufacturers
Association, General MIDI level 2), and begin with 100: a level of 0 is that, and 4 dB are left above it. What a trim
wants beyond that is made up by velocities, which FluidSynth plays by the same curve.

Where many voices sound, all levels give way a little, and where few do, they come forward. How many sound follows from
the course alone, and the mean of some bars counts, so that the levels move slower than anybody hears.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reverie.compose.course import BarState, Course, VoiceState, merged_controls
from reverie.compose.kept_by_number import KeptByNumber
from reverie.music.time import Schedule

VOLUME, PAN, REVERB, CHORUS = 7, 10, 91, 93
"""Controllers (MIDI 1.0 Detailed Specification 4.2.1, table 3)."""
USUAL_VOLUME = 100
"""Controller 7 at power-on, which a level of 0 dB is."""
LOUDEST_LEVEL = 40 * math.log10(1.27)
"""Decibels: what controller 7 has above its usual value."""
BALANCED_OVER = 8
"""Bars over whose mean levels give way or come forward."""
MOST_BALANCE = 3.0
"""Decibels by which they do at most, either way."""
_MOST_WEIGHT = 2.0
_REMEMBERED, _KEPT = 64, 256
"""Bars whose offset, and whose state, is kept at hand."""
_LAST = 127
_MIDDLE = 64


@dataclass(frozen=True, slots=True)
class VoiceMix:
    """How a voice stands in the mix; None leaves a controller alone.

    ``level`` is in decibels, ``pan`` -100 (left) to 100 (right), ``reverb`` and ``chorus`` are sends, 0 to 100.
    """

    level: float | None = None
    pan: float | None = None
    reverb: float | None = None
    chorus: float | None = None

    def over(self, other: VoiceMix) -> VoiceMix:
        """This, and what it leaves open as the other has it."""
        return VoiceMix(
            other.level if self.level is None else self.level,
            other.pan if self.pan is None else self.pan,
            other.reverb if self.reverb is None else self.reverb,
            other.chorus if self.chorus is None else self.chorus,
        )

    def controls(self, offset: float) -> tuple[tuple[int, int], ...]:
        """Its controllers; ``offset`` is added to its level, in decibels."""
        level = self._level(offset)
        pairs = (
            (VOLUME, None if level is None else volume(level)),
            (PAN, None if self.pan is None else _MIDDLE + round(self.pan / 100 * (_LAST - _MIDDLE))),
            (REVERB, None if self.reverb is None else round(self.reverb / 100 * _LAST)),
            (CHORUS, None if self.chorus is None else round(self.chorus / 100 * _LAST)),
        )
        return tuple((number, value) for number, value in pairs if value is not None)

    def dynamics(self, offset: float) -> float:
        """The factor of its velocities that makes up for what controller 7 has not."""
        level = self._level(offset)
        return 1.0 if level is None else 10 ** (max(level - LOUDEST_LEVEL, 0.0) / 40)

    def _level(self, offset: float) -> float | None:
        return None if self.level is None and not offset else (self.level or 0.0) + offset


def volume(level: float) -> int:
    """The value of controller 7 for a level in decibels; one that cannot be had is the nearest."""
    return min(max(round(USUAL_VOLUME * 10 ** (level / 40)), 1), _LAST)


@dataclass(frozen=True)
class MixCourse:
    """A course with the mix of its voices.

    ``inner`` is what form and moods make of the scene, if there are any; what it sets itself on a channel holds.
    ``schedules`` are the bars in which voices play, where these are not all. ``balance`` is how much of the loudness
    that voices add up to is taken back, 0 to 1, and ``trim`` is added to every level, in decibels.
    """

    voices: Mapping[str, VoiceMix]
    inner: Course | None = None
    schedules: Mapping[str, Schedule] = field(default_factory=dict[str, Schedule])
    balance: float = 0.0
    trim: float = 0.0
    _offsets: KeptByNumber[float] = field(
        default_factory=lambda: KeptByNumber(_REMEMBERED), init=False, repr=False, compare=False
    )
    _bars: KeptByNumber[BarState] = field(
        default_factory=lambda: KeptByNumber(_KEPT), init=False, repr=False, compare=False
    )

    def at(self, bar: int) -> BarState:
        """The state of the course, with the controllers of the mix."""
        state = self._bars.get(bar)
        return self._bars.keep(bar, self._at(bar)) if state is None else state

    def _at(self, bar: int) -> BarState:
        state = self.inner.at(bar) if self.inner else BarState()
        offset = round(self.trim + self.balance_at(bar), 2)
        voices = dict(state.voices)
        for name, mix in self.voices.items():
            voice = merged_controls(mix.controls(offset), state.voice(name))
            voices[name] = replace(voice, dynamics=round(voice.dynamics * mix.dynamics(offset), 4))
        return replace(state, voices=voices)

    def begins(self, voice: str, after: int) -> int | None:
        """Where the inner course says."""
        return self.inner.begins(voice, after) if self.inner else None

    def balance_at(self, bar: int) -> float:
        """By how many decibels the levels of a bar are moved, since many voices sound or few."""
        if not self.balance:
            return 0.0
        bars = [max(bar - back, 0) for back in range(BALANCED_OVER)]
        return sum(map(self._offset, bars)) / len(bars)

    def _offset(self, bar: int) -> float:
        offset = self._offsets.get(bar)
        return self._offsets.keep(bar, self._offset_of(bar)) if offset is None else offset

    def _offset_of(self, bar: int) -> float:
        state = self.inner.at(bar) if self.inner else BarState()
        sounding = sum(self._weight(name, state.voice(name), bar) for name in self.voices)
        usual = (1 + len(self.voices)) / 2
        moved = -10 * self.balance * math.log10(max(sounding, 1.0) / usual)
        return min(max(moved, -MOST_BALANCE), MOST_BALANCE)

    def _weight(self, name: str, state: VoiceState, bar: int) -> float:
        """How much a voice adds: one that is denser than usual more, one that rests nothing."""
        schedule = self.schedules.get(name)
        sounds = state.sounds and (schedule is None or schedule.plays(bar))
        return min(state.density, _MOST_WEIGHT) if sounds else 0.0
