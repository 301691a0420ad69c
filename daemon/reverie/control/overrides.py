"""What people have set, and what they may: pure.

Tempo, mutes, temperatures, contours, points of timbres and holding belong to the scene and end with it; the volume
belongs to the room and stays.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reverie.play.messages import Part, SetOverrides
from reverie.site.actions import ControlError
from reverie.timbre.spots import Point

STEP = 0.1
"""The share of the volume's range by which `quieter` and `louder` go."""
SOON = 16
"""Bars to come in which no mute may leave nobody sounding; what comes later is seen to when it comes."""
LONGEST_CYCLE = 10_000
"""Bars of the voices' common cycle that are looked at; longer ones do not come up in scenes."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """``tempo``, ``temperatures`` and ``contours`` replace the scene's own where they are set.

    ``paused_until`` is monotonic. ``timbres`` says by name where timbres are held.
    """

    volume: float = 1.0
    tempo: float | None = None
    muted: frozenset[str] = frozenset()
    temperatures: Mapping[str, float] = field(default_factory=dict[str, float])
    looping: frozenset[str] = frozenset()
    paused_until: float | None = None
    contours: Mapping[str, str] = field(default_factory=dict[str, str])
    timbres: Mapping[str, Point] = field(default_factory=dict[str, Point])

    @property
    def for_player(self) -> SetOverrides:
        """What the player is told of it."""
        return SetOverrides(self.tempo, self.volume, tuple(sorted(self.muted)))

    def in_new_scene(self) -> Overrides:
        """What is left of it when another scene begins."""
        return Overrides(volume=self.volume, paused_until=self.paused_until)

    def among(self, parts: Sequence[Part]) -> Overrides:
        """What is left of it when the scene's file was changed, and these are its voices.

        Where the mutes that are left would silence bars, all sound again.
        """
        names = frozenset(part.name for part in parts)
        still = self.muted & names
        return replace(
            self,
            muted=frozenset() if silences(parts, still) else still,
            temperatures={name: value for name, value in self.temperatures.items() if name in names},
            looping=self.looping & names,
            contours={name: written for name, written in self.contours.items() if name in names},
        )

    def sentences(self, now: float, voices: Collection[str] = ()) -> Iterator[str]:
        """What is otherwise than the scene says, for people; ``voices`` are all that the scene has."""
        if self.paused_until is not None:
            yield f"Paused; plays on by itself in {max(self.paused_until - now, 0):.0f} s."
        if self.volume != 1.0:
            yield f"The volume is {self.volume:.0%}."
        if self.tempo is not None:
            yield f"The tempo is {self.tempo:.4g} quarters a minute."
        for voice in sorted(self.muted):
            yield f"{voice} is muted."
        for voice, temperature in sorted(self.temperatures.items()):
            yield f"{voice} is composed at temperature {temperature:.4g}."
        for voice, contour in sorted(self.contours.items()):
            yield f"{voice} is played by the buttons {contour}."
        for timbre, point in sorted(self.timbres.items()):
            yield f"{held_at(timbre, point)}."
        if self.looping and self.looping.issuperset(voices):
            yield "The present loops are held."
            return
        for voice in sorted(self.looping):
            yield f"{voice} repeats the loop that it plays."


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
