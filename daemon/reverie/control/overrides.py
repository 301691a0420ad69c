"""What people have set, and what they may: pure.

Tempo, swing, mutes, temperatures, contours, points of timbres, what is asked of voices and holding belong to the scene
and end with it; the volume belongs to the room and stays.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reverie.play.messages import Part, SetOverrides
from reverie.site.actions import ControlError, VoiceLevel
from reverie.site.loop_wishes import LoopWish
from reverie.timbre.spots import Point

PLAIN: Mapping[VoiceLevel, float] = {"density": 1.0, "register": 0.0, "level": 0.0, "every": 0.0}
"""Levels of voices at which they are as their scene says."""
DECIBELS = 40.0
"""Of a level, by ten times a velocity: synthesizers play a velocity ``v`` at an amplitude of ``v ** 2``."""
STEP = 0.1
"""The share of the volume's range by which `quieter` and `louder` go."""
SOON = 16
"""Bars to come in which no mute may leave nobody sounding; what comes later is seen to when it comes."""
LONGEST_CYCLE = 10_000
"""Bars of the voices' common cycle that are looked at; longer ones do not come up in scenes."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """``tempo``, ``swing``, ``temperatures`` and ``contours`` replace the scene's own where they are set.

    ``paused_until`` is monotonic. ``timbres`` says by name where timbres are held. ``voices`` has by level what is set
    of voices beside their temperature. While ``solo`` sounds alone, ``before_solo`` were the mutes. ``asked`` has by
    voice what is to be played in place of the scene's loops.
    """

    volume: float = 1.0
    tempo: float | None = None
    muted: frozenset[str] = frozenset()
    temperatures: Mapping[str, float] = field(default_factory=dict[str, float])
    looping: frozenset[str] = frozenset()
    paused_until: float | None = None
    contours: Mapping[str, str] = field(default_factory=dict[str, str])
    timbres: Mapping[str, Point] = field(default_factory=dict[str, Point])
    voices: Mapping[VoiceLevel, Mapping[str, float]] = field(default_factory=dict[VoiceLevel, Mapping[str, float]])
    solo: str | None = None
    before_solo: frozenset[str] = frozenset()
    asked: Mapping[str, LoopWish] = field(default_factory=dict[str, LoopWish])
    swing: float | None = None

    @property
    def for_player(self) -> SetOverrides:
        """What the player is told of it: levels as factors of velocities."""
        levels = {name: round(10 ** (level / DECIBELS), 4) for name, level in self.of("level").items()}
        return SetOverrides(self.tempo, self.volume, tuple(sorted(self.muted)), levels, self.swing)

    def of(self, level: VoiceLevel) -> Mapping[str, float]:
        """What is set of a level, by voice."""
        return self.temperatures if level == "temperature" else self.voices.get(level, {})

    def having(self, level: VoiceLevel, values: Mapping[str, float]) -> Overrides:
        """The same, with these values of a level and no others; what is as the scene says, is not set."""
        if level == "temperature":
            return replace(self, temperatures=values)
        values = {name: value for name, value in values.items() if value != PLAIN[level]}
        return replace(self, voices={**self.voices, level: values})

    def are_only(self, volume: float) -> bool:
        """Whether nothing is set but this volume."""
        set_of_voices = {level: values for level, values in self.voices.items() if values}
        return replace(self, voices=set_of_voices) == Overrides(volume=volume)

    def in_new_scene(self) -> Overrides:
        """What is left of it when another scene begins."""
        return Overrides(volume=self.volume, paused_until=self.paused_until)

    def muting(self, voices: frozenset[str]) -> Overrides:
        """The same, with these mutes, which nobody's solo has made."""
        return replace(self, muted=voices, solo=None, before_solo=frozenset())

    def among(self, parts: Sequence[Part]) -> Overrides:
        """What is left of it when the scene's file was changed, and these are its voices.

        Where the mutes that are left would silence bars, all sound again.
        """
        names = frozenset(part.name for part in parts)
        still = self.muted & names
        solo = self.solo if self.solo in names else None
        if solo != self.solo:
            still = self.before_solo & names
        if silences(parts, still):
            still, solo = frozenset[str](), None
        return replace(
            self,
            muted=still,
            solo=solo,
            voices={
                level: {name: value for name, value in values.items() if name in names}
                for level, values in self.voices.items()
            },
            temperatures={name: value for name, value in self.temperatures.items() if name in names},
            looping=self.looping & names,
            contours={name: written for name, written in self.contours.items() if name in names},
            asked={name: wish for name, wish in self.asked.items() if name in names},
        )


def muted(
    parts: Sequence[Part],
    present: Collection[str],
    voice: str,
    *,
    on: bool | None,
    ahead: Iterable[Collection[str]] = (),
) -> frozenset[str]:
    """The mutes after ``voice`` was muted, heard again, or (None) the other way round.

    Args:
        parts: the voices of the scene.
        present: the mutes before.
        voice: whose.
        on: whether it is to be muted.
        ahead: for each of the next bars who sounds in it, as form and dreams have it.

    Raises:
        ControlError: if there is no such voice, or no other would sound in its bars.
    """
    if all(part.name != voice for part in parts):
        raise ControlError(f"the scene has no voice {voice!r}; it has {', '.join(part.name for part in parts)}")
    wanted = voice not in present if on is None else on
    after = frozenset(present) | {voice} if wanted else frozenset(present) - {voice}
    if wanted and (silences(parts, after) or any(last_heard(sounding, after) for sounding in ahead)):
        raise ControlError(f"{voice} is the last voice that sounds, and is not muted; pause, if silence is wanted")
    return after


def soloed(
    parts: Sequence[Part], now: Overrides, voice: str, *, on: bool, ahead: Iterable[Collection[str]]
) -> Overrides:
    """What is set after ``voice`` sounds alone, or with the others again.

    Args:
        parts: the voices of the scene.
        now: what is set before.
        voice: whose.
        on: whether it is to sound alone.
        ahead: for each of the next bars who sounds in it, as form and dreams have it.

    Raises:
        ControlError: if bars would be silent in which it rests.
    """
    if not on:
        still = now.before_solo - {voice}
        still = frozenset[str]() if silences(parts, still) else still
        return now if now.solo != voice else replace(now, solo=None, muted=still, before_solo=frozenset())
    others = frozenset(part.name for part in parts) - {voice}
    if silences(parts, others) or any(last_heard(sounding, others) for sounding in ahead):
        raise ControlError(f"{voice} rests in some bars that come, in which nothing would sound; mute others instead")
    before = now.muted if now.solo is None else now.before_solo
    return replace(now, solo=voice, muted=others, before_solo=before)


def set_to(level: VoiceLevel, voice: str, value: float) -> str:
    """How a level of a voice is set, in words, without a full stop."""
    match level:
        case "temperature":
            return f"{voice} is composed at temperature {value:.4g}"
        case "density":
            return f"{voice} is composed {value:.4g} times as dense as by itself"
        case "level":
            return f"{voice} is played {value:+.4g} dB beside its own level"
        case "register" if value:
            return (
                f"{voice} keeps to the {'higher' if value > 0 else 'lower'} part of its register, by {abs(value):.0%}"
            )
        case "every" if value:
            return f"{voice} plays another loop after every {value:.0f} bars"
        case _:
            return f"{voice} is as its scene says"


def held_at(timbre: str, point: Point | None) -> str:
    """Where a timbre is held, in words, without a full stop."""
    if point is None:
        return f"{timbre} goes its own way"
    return f"{timbre} is held at {' '.join(f'{one:.4g}' for one in point)}"


def last_heard(sounding: Collection[str], muted: Collection[str]) -> frozenset[str]:
    """Those who would sound in a bar if they were not all muted; nobody where somebody is heard, or nobody sounds."""
    return frozenset(sounding) if set(sounding) <= set(muted) else frozenset()


def silences(parts: Sequence[Part], muted: Collection[str]) -> bool:
    """Whether there are bars in which voices are scheduled, and every one of them is muted."""
    cycle = math.lcm(*(part.schedule.every or 1 for part in parts))
    for bar in range(min(cycle, LONGEST_CYCLE)):
        playing = [part.name for part in parts if part.schedule.plays(bar)]
        if playing and all(name in muted for name in playing):
            return True
    return False
