"""The course of a scene: what each of its voices is to be like in any bar, as form, hour and mood want it.

A course is asked for bars in any order, and answers the same for the same bar: nothing of it is remembered from bar to
bar. What changes it while it plays, such as a mood, replaces it by another course (they compare by value) from some bar
on. The lines of the voices are composed by it, and the player is told what of it concerns the port
(:mod:`reverie.compose.bar_plans`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from reverie.compose.recipe import LoopLimits
from reverie.music.harmony import OCTAVE
from reverie.music.notes import MAX_MIDI

Figure = Literal["", "fill", "last"]
"""What a bar is to a voice beside what it plays anyway: a ``fill`` leads into what comes next, the ``last`` one ends
the scene."""
Opening = Literal["return", "continue", "reset", "mutate"]
"""With what a voice begins a section: ``return``, with what it played when this section came last (varied, once that
was heard often enough), and the first time with whatever its evolution has next; or with that operator."""


@dataclass(frozen=True, slots=True)
class SectionSpot:
    """A section of a form, one of the times that it comes up.

    ``number`` counts all sections of the scene from 0, ``times`` how often one of this name came before; ``chapter`` is
    the name of the chapter in which it stands, if the form has any.
    """

    number: int
    name: str
    first_bar: int
    bars: int
    times: int = 0
    opens: Opening = "return"
    chapter: str = ""

    @property
    def end_bar(self) -> int:
        """The first bar that is no longer its."""
        return self.first_bar + self.bars

    def share(self, bar: int) -> float:
        """How far into the section a bar lies: 0 for its first, 1 for its last."""
        return min(max((bar - self.first_bar) / max(self.bars - 1, 1), 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class VoiceState:
    """What a voice is to be like in a bar; as it stands here, as its scene says without form or mood.

    ``density`` and ``temperature`` are factors of what the voice has, and so is ``dynamics``, of velocities on their
    way out; ``register`` moves it by so many semitones. ``controls`` are all controllers of its channel that are
    set (number, value): one that the bar before has and this one does not goes back to where it is by itself.
    ``program`` takes the place of the voice's own.
    """

    sounds: bool = True
    density: float = 1.0
    register: int = 0
    temperature: float = 1.0
    dynamics: float = 1.0
    controls: tuple[tuple[int, int], ...] = ()
    program: int | None = None
    figure: Figure = ""


_PLAIN = VoiceState()
FAR = 512
"""Bars from which on what a voice does next is not known yet."""


@dataclass(frozen=True, slots=True)
class BarState:
    """What a bar is to be like: its section, a factor of the scene's tempo, and what each voice is to be like.

    A voice that ``voices`` does not name is as the scene says. ``mood`` is the one that rules, from bar ``mood_from``
    on: it decides which harmony holds; empty where the scene itself does.
    """

    section: SectionSpot | None = None
    tempo: float = 1.0
    voices: Mapping[str, VoiceState] = field(default_factory=dict[str, VoiceState])
    mood: str = ""
    mood_from: int = 0

    def voice(self, name: str) -> VoiceState:
        """What a voice is to be like."""
        return self.voices.get(name, _PLAIN)


class Course(Protocol):
    """What a scene is to be like over its bars. Equal courses say the same."""

    def at(self, bar: int) -> BarState:
        """What scene bar ``bar`` is to be like."""
        ...

    def begins(self, voice: str, after: int) -> int | None:
        """The first bar later than ``after`` in which a voice begins anew: with a section, or as it comes in.

        No loop of the voice goes on over it. None if there is none to come, or none that is near: within the next
        :data:`FAR` bars.
        """
        ...


@dataclass(frozen=True, slots=True)
class NoCourse:
    """That of a scene which says nothing of its course."""

    def at(self, bar: int) -> BarState:
        """As the scene says."""
        del bar
        return BarState()

    def begins(self, voice: str, after: int) -> int | None:
        """Nothing begins anew."""
        del voice, after


@dataclass(frozen=True, slots=True)
class ReplacedCourse:
    """A course that another one replaces from scene bar ``bar`` on."""

    before: Course
    after: Course
    bar: int

    def at(self, bar: int) -> BarState:
        """What scene bar ``bar`` is to be like."""
        return (self.before if bar < self.bar else self.after).at(bar)

    def begins(self, voice: str, after: int) -> int | None:
        """The first bar later than ``after`` in which a voice begins anew: also where only the new course has it."""
        if after < self.bar:
            early = self.before.begins(voice, after)
            if early is not None and early < self.bar:
                return early
            if self.after.at(self.bar).voice(voice).sounds and not self.before.at(self.bar - 1).voice(voice).sounds:
                return self.bar
        return self.after.begins(voice, max(after, self.bar - 1))


def replaced(before: Course | None, after: Course | None, bar: int, *, heard_from: int) -> Course:
    """A course that is as ``before`` was up to scene bar ``bar``, and as ``after`` from there on.

    What held before bar ``heard_from`` is forgotten, so that a course which is replaced time and again stays small.
    """
    new = after or NoCourse()
    if bar <= 0:
        return new
    old = before or NoCourse()
    while isinstance(old, ReplacedCourse) and old.bar >= bar:
        old = old.before
    return ReplacedCourse(_since(old, heard_from), new, bar)


def _since(course: Course, bar: int) -> Course:
    """A course without what was replaced by scene bar ``bar``."""
    if not isinstance(course, ReplacedCourse):
        return course
    if course.bar <= bar:
        return course.after
    return ReplacedCourse(_since(course.before, bar), course.after, course.bar)


def merged_controls(controls: tuple[tuple[int, int], ...], state: VoiceState) -> VoiceState:
    """A state with these controllers as well; a controller that it sets itself stays as it sets it."""
    merged = dict(controls) | dict(state.controls)
    return replace(state, controls=tuple(sorted(merged.items())))


def limits_in(limits: LoopLimits, state: VoiceState, *, pitched: bool) -> LoopLimits:
    """The limits of a voice, as they are in a bar: with its density and register moved.

    A register that would leave MIDI's pitches moves by octaves, as far as it can.
    """
    moved = state.register if pitched else 0
    while limits.high + moved > MAX_MIDI:
        moved -= OCTAVE
    while limits.low + moved < 0:
        moved += OCTAVE
    return replace(
        limits,
        low=limits.low + moved,
        high=limits.high + moved,
        least=round(limits.least * state.density, 2),
        most=round(limits.most * state.density, 2),
    )
