"""What people can do to the running music, and within which limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, cast, get_args

from reverie.errors import ReverieError
from reverie.site.loop_wishes import LoopWish

TimbreLevel = Literal["timbre", "timbre_x", "timbre_y"]
"""Where a timbre stands: along its line, or across and down its grid."""
VoiceLevel = Literal["temperature", "density", "register", "level", "every"]
"""What can be set of one voice or of all: how boldly, how densely and where it is composed, how loud it is played, and
after how many bars another loop comes."""
WholeLevel = Literal["volume", "tempo", "swing"]
"""What is set of the whole; swing is the share of each pair of steps that the first one takes."""
Level = Literal[WholeLevel, VoiceLevel, TimbreLevel]
Switch = Literal["pause", "loop", "mute", "solo", "presence"]
Evolving = Literal["mutate", "reset", "continue", "another", "interpolate", "groove", "drumify"]
"""How a voice goes on from the next turn of its loop: as another of its operators, or of what sounds another draw."""
Dreaming = Literal["dream", "wake"]
Keeping = Literal["keep", "return", "undo", "moment"]
"""What is kept are loops to go back to, and as a moment the last bars as they sounded."""
Push = Literal["next", "scene", "quieter", "louder", "panic", Evolving, "once", Keeping, "contour", "release", Dreaming]
Named = Literal[Level, Switch, Push]
"""What knobs, keys, messages and commands can name."""
Played = Literal["seed", "blend"]
"""What has more to say than these can: strokes on a grid, and a place between tunes."""
AtDesk = Literal["take", "section", "stay"]
"""What an artist does at the desk alone: take a loop that was composed to choose from, go to a section of the form, or
stay in it."""
Kind = Literal[Named, Played, AtDesk]

LEVELS: tuple[Level, ...] = get_args(Level)
WHOLE_LEVELS: tuple[WholeLevel, ...] = get_args(WholeLevel)
VOICE_LEVELS: tuple[VoiceLevel, ...] = get_args(VoiceLevel)
TIMBRE_LEVELS: tuple[TimbreLevel, ...] = get_args(TimbreLevel)
SWITCHES: tuple[Switch, ...] = get_args(Switch)
EVOLVING: tuple[Evolving, ...] = get_args(Evolving)
KINDS = cast("tuple[Named, ...]", get_args(Named))
PLAYED: tuple[Played, ...] = get_args(Played)
VOICED: frozenset[Kind] = frozenset(
    {
        *(*VOICE_LEVELS, *TIMBRE_LEVELS, "release", "mute", "solo", "loop"),
        *(*EVOLVING, "once", "keep", "return", "contour"),
    }
)
"""What may be meant for one voice; a mute, a solo and a contour always are."""
ONE_VOICE: frozenset[Kind] = frozenset({"mute", "solo", "contour"})
RAMPED: frozenset[Kind] = frozenset({*WHOLE_LEVELS, "temperature", "density", "level"})
"""Levels that can be moved over some bars, a step with each."""
LONGEST_RAMP = 256
"""Bars over which a level can be moved."""

BUTTONS = 8
HIGHEST = 127
"""The highest position of a MIDI controller."""


class ControlError(ReverieError):
    """What a person asked for cannot be done."""


@dataclass(frozen=True, slots=True)
class DreamWish:
    """A dream that is wanted.

    Without a ``mood`` the words of the ``text`` choose one. ``weight`` is 0 to 1. ``length`` is bars as a whole number,
    seconds as a float, or None: as long as the scene says; ``endless`` is until it is ended. ``cue`` is the name of a
    sound that comes along. With ``replaces``, dreams of the same mood and source end as it begins.
    """

    mood: str = ""
    weight: float = 1.0
    length: float | None = None
    text: str = ""
    cue: str = ""
    replaces: bool = False
    endless: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    ``value`` is a number for levels (shares, quarters per minute, a temperature, a point of a timbre's path) and for
    ``contour`` (a button), two for a point of a timbre's grid, on or off for switches (None: the other way round), for
    ``scene`` its name, or its number from 1, for ``dream`` a mood (None: its text chooses it) and for ``wake`` the one
    whose dreams end (None: all). ``voice`` None means all voices, and ``dream`` says what is to be dreamt. ``loop``
    is what a ``seed`` or a ``blend`` asks of its voice; None: nothing any more. A level is moved ``over`` so many bars;
    0 is at once.
    """

    kind: Kind
    value: float | bool | str | tuple[float, float] | None = None
    voice: str | None = None
    dream: DreamWish | None = None
    loop: LoopWish | None = None
    over: int = 0

    @classmethod
    def of_dream(cls, wish: DreamWish) -> Action:
        """The action that has something dreamt."""
        return cls("dream", wish.mood or None, dream=wish)

    def __str__(self) -> str:
        match self.value:
            case None:
                value = ""
            case bool(on):
                value = "on" if on else "off"
            case float(number):
                value = f"{number:.4g}"
            case (float(x), float(y)):
                value = f"{x:.4g} {y:.4g}"
            case text:
                value = str(text)
        if self.kind in PLAYED:
            value = "off" if self.loop is None else str(self.loop)
        over = f"over {self.over} bars" if self.over else ""
        return " ".join(filter(None, (self.kind, self.voice, value, over)))


def button_of(value: object) -> float:
    """The button of a contour, 1 to 8; 0 for none, which leaves the contour to the scene again.

    Raises:
        ControlError: if it is none.
    """
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value in range(BUTTONS + 1)
    if not whole:
        raise ControlError(f"'contour' needs a button, 1 to {BUTTONS}, or 0 to leave the contour to the scene")
    return float(cast("float", value))


def bars_of(value: object) -> int:
    """Over how many bars a level is to be moved.

    Raises:
        ControlError: if it is no such number.
    """
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value in range(LONGEST_RAMP + 1)
    if not whole:
        raise ControlError(f"a level is moved over 0 to {LONGEST_RAMP} bars, a whole number; 0 is at once")
    return int(cast("float", value))


@dataclass(frozen=True, slots=True)
class ControlLimits:
    """How low and how high people can set levels.

    Quarters per minute, a share of the slots' volume, temperatures, factors of a voice's own density, decibels of a
    voice's level beside its own, the share of a pair of steps that swing gives its first, and points of timbres along
    each axis. The other levels have limits that follow from what they are: a register is a part of what its voice may
    play, from its low half (-1) to its high half (1), and after so many bars as ``every`` another loop comes (0: as the
    scene says).
    """

    tempo: tuple[float, float] = (60.0, 140.0)
    volume: tuple[float, float] = (0.2, 1.0)
    temperature: tuple[float, float] = (0.5, 1.5)
    timbre: tuple[float, float] = (0.0, 1.0)
    density: tuple[float, float] = (0.25, 2.0)
    level: tuple[float, float] = (-24.0, 6.0)
    swing: tuple[float, float] = (0.5, 0.75)
    register: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    every: ClassVar[tuple[float, float]] = (0.0, 64.0)

    def of(self, kind: Level) -> tuple[float, float]:
        """The lowest and the highest value."""
        if kind in TIMBRE_LEVELS:
            return self.timbre
        found: Mapping[Level, tuple[float, float]] = {
            "tempo": self.tempo,
            "volume": self.volume,
            "temperature": self.temperature,
            "density": self.density,
            "level": self.level,
            "swing": self.swing,
            "register": self.register,
            "every": self.every,
        }
        return found[kind]

    def within(self, kind: Level, value: float) -> float:
        """The value, or the limit that it exceeds."""
        low, high = self.of(kind)
        return float(min(max(value, low), high))

    def at(self, kind: Level, position: int) -> float:
        """What a controller's position (0 to 127) means."""
        low, high = self.of(kind)
        return self.within(kind, low + (high - low) * position / HIGHEST)

    def position(self, kind: Level, value: float) -> float:
        """Where a controller stands that means ``value``: 0 to 127, and not as a rule a whole number."""
        low, high = self.of(kind)
        return (self.within(kind, value) - low) / (high - low) * HIGHEST if high > low else 0.0
