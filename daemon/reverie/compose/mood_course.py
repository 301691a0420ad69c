"""The course of a scene under its moods: what form and hour want, as far as the dreams leave it, within the guards.

What is continuous (tempo, density, register, temperature, dynamics, controllers) lies, in every bar, between what the
scene itself has and what the moods want, by the weights of the stack. What is not (whether a voice sounds, its
program, and for the plans of voices which harmony holds) goes by the mood that rules. Guards come last. They hold back
moods, not the artist: what form and hour want without a mood is never changed by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from reverie.compose.course import BarState, Course, VoiceState
from reverie.compose.kept_by_number import KeptByNumber
from reverie.compose.mood_stack import MoodStack, blended
from reverie.music.harmony import BarHarmony, HarmonyPlan, Key
from reverie.music.notes import MAX_MIDI
from reverie.music.time import Schedule, Tempo
from reverie.music.touch import Touch

_KEPT = 256
"""Bars that are kept at hand: every voice asks for its own, and the player is told of the same."""
NEAR = 512
"""Bars within which the begin of a voice is looked for."""
Range = tuple[float, float]
Harmony_co = TypeVar("Harmony_co", bound=HarmonyPlan, covariant=True)


@dataclass(frozen=True, slots=True)
class VoiceMood:
    """What a mood wants of a voice: factors, semitones, controllers by number.

    ``sounds`` and ``program`` are None where it leaves them as they are without it.
    """

    sounds: bool | None = None
    density: float = 1.0
    register: float = 0.0
    temperature: float = 1.0
    dynamics: float = 1.0
    controls: Mapping[int, int] = field(default_factory=dict[int, int])
    program: int | None = None


@dataclass(frozen=True, slots=True)
class Mood:
    """What a mood wants of a scene: a factor of its tempo, and what it wants of each of its voices."""

    tempo: float = 1.0
    voices: Mapping[str, VoiceMood] = field(default_factory=dict[str, VoiceMood])

    def voice(self, name: str) -> VoiceMood:
        """What it wants of a voice."""
        return self.voices.get(name, _NOTHING)


_NOTHING = VoiceMood()
_LOUDNESS = {7, 11}
"""Controllers of volume and expression (MIDI 1.0 Detailed Specification 4.2.1, table 3)."""


@dataclass(frozen=True, slots=True)
class MoodHarmony(Generic[Harmony_co]):
    """The harmony that holds while a mood rules; ``anew``: from its first bar on, whenever the mood begins to rule."""

    plan: Harmony_co
    anew: bool = True


@dataclass(frozen=True, slots=True)
class MoodPlan:
    """What a mood that rules puts in place of what the scene says to a voice; None: nothing."""

    harmony: MoodHarmony[HarmonyPlan] | None = None
    strictness: float | None = None
    key: Key | None = None
    touch: Touch | None = None


def harmony_under(
    course: Course | None, own: Harmony_co, moods: Mapping[str, MoodHarmony[Harmony_co]], bar: int
) -> tuple[Harmony_co, int]:
    """The harmony that holds in a scene bar, and which of its bars that is; the scene's own goes on meanwhile."""
    state = course.at(bar) if course and moods else BarState()
    if state.mood not in moods:
        return own, bar
    found = moods[state.mood]
    return found.plan, bar - state.mood_from if found.anew else bar


def bar_under(
    course: Course | None, own: HarmonyPlan, moods: Mapping[str, MoodHarmony[HarmonyPlan]], bar: int
) -> BarHarmony:
    """The chords of a scene bar; where another harmony holds than in the bar before, its chord begins here."""
    harmony, number = harmony_under(course, own, moods, bar)
    found = harmony.at(number)
    if not moods or found.spans[0].change or harmony_under(course, own, moods, bar - 1) == (harmony, number - 1):
        return found
    return BarHarmony((replace(found.spans[0], change=True), *found.spans[1:]))


@dataclass(frozen=True, slots=True)
class Guards:
    """Limits that no mood and no stack of moods crosses: a nightmare ends here.

    ``tempo`` is in quarters a minute (None: ``tempo_factor`` of the scene's own), ``register`` in semitones, the others
    are factors. ``fewest`` voices at least sound of those that would without a mood, and ``most`` at most (None: all).
    """

    tempo: Range | None = None
    tempo_factor: Range = (0.5, 1.5)
    density: Range = (0.25, 2.0)
    register: Range = (-12, 12)
    temperature: Range = (0.5, 1.5)
    dynamics: Range = (0.3, 1.2)
    fewest: int = 1
    most: int | None = None


@dataclass(frozen=True, slots=True)
class MoodCourse:
    """A course that dreams change.

    Args:
        inner: what form and hour want; None: what the scene says.
        moods: by name.
        guards: the limits of all moods.
        schedules: the bars in which the scene lets each of its voices sound, in the scene's order.
        tempo: the scene's own.
        resting: for each voice the controllers that some mood moves, and where they stand without.
        stack: the dreams.
    """

    inner: Course | None
    moods: Mapping[str, Mood]
    guards: Guards
    schedules: Mapping[str, Schedule]
    tempo: Tempo
    resting: Mapping[str, Mapping[int, int]] = field(default_factory=dict[str, "Mapping[int, int]"])
    stack: MoodStack = field(default_factory=MoodStack)
    _bars: KeptByNumber[BarState] = field(
        default_factory=lambda: KeptByNumber(_KEPT), init=False, repr=False, compare=False
    )

    def dreaming(self, stack: MoodStack) -> MoodCourse:
        """The same scene under other dreams."""
        return replace(self, stack=stack)

    def at(self, bar: int) -> BarState:
        """What scene bar ``bar`` is to be like."""
        state = self._bars.get(bar)
        return self._bars.keep(bar, self._at(bar)) if state is None else state

    def _at(self, bar: int) -> BarState:
        own = self.inner.at(bar) if self.inner else BarState()
        weights = {mood: weight for mood, weight in self.stack.weights(bar).items() if mood in self.moods}
        first, rules = self.stack.reign(bar)
        names = [*self.schedules]
        voices = {name: self._voice(name, own.voice(name), weights, rules) for name in names}
        sounding = self._sounding({name: own.voice(name).sounds for name in names}, voices, bar)
        return replace(
            own,
            tempo=self._tempo(own.tempo, weights, bar),
            voices={**own.voices, **{name: replace(one, sounds=name in sounding) for name, one in voices.items()}},
            mood=rules if rules in self.moods else "",
            mood_from=first,
        )

    def begins(self, voice: str, after: int) -> int | None:
        """The first bar later than ``after`` in which a voice begins anew, as the form wants it or with a mood."""
        found = self.inner.begins(voice, after) if self.inner else None
        first = next(self.stack.changes(after), None)
        near = first if first is not None and first <= after + NEAR else None
        return min((bar for bar in (found, near) if bar is not None), default=None)

    def _tempo(self, own: float, weights: Mapping[str, float], bar: int) -> float:
        wanted = blended(own, {mood: own * self.moods[mood].tempo for mood in weights}, weights)
        low, high = self.guards.tempo_factor
        if self.guards.tempo is not None:
            low, high = (one / self.tempo.at(max(bar, 0)) for one in self.guards.tempo)
        return _held(wanted, own, (low, high))

    def _voice(self, name: str, own: VoiceState, weights: Mapping[str, float], rules: str) -> VoiceState:
        moods = {mood: self.moods[mood].voice(name) for mood in weights}
        guards = self.guards

        def factor(one: float, wanted: Mapping[str, float], limits: Range) -> float:
            return _held(blended(one, {mood: one * by for mood, by in wanted.items()}, weights), one, limits)

        lifted = blended(own.register, {mood: own.register + one.register for mood, one in moods.items()}, weights)
        ruling = self.moods[rules].voice(name) if rules in self.moods else _NOTHING
        return replace(
            own,
            sounds=own.sounds if ruling.sounds is None else ruling.sounds,
            density=factor(own.density, {mood: one.density for mood, one in moods.items()}, guards.density),
            register=round(_held(lifted, own.register, guards.register)),
            temperature=factor(
                own.temperature, {mood: one.temperature for mood, one in moods.items()}, guards.temperature
            ),
            dynamics=factor(own.dynamics, {mood: one.dynamics for mood, one in moods.items()}, guards.dynamics),
            controls=self._controls(name, own, moods, weights),
            program=own.program if ruling.program is None else ruling.program,
        )

    def _controls(
        self, name: str, own: VoiceState, moods: Mapping[str, VoiceMood], weights: Mapping[str, float]
    ) -> tuple[tuple[int, int], ...]:
        """The controllers: all that some mood moves, in every bar, so that they are back where they were after it.

        Volume and expression are never softer than the guards of dynamics allow: else a nightmare is silence.
        """
        values = {**self.resting.get(name, {}), **dict(own.controls)}
        for number, value in values.items():
            wanted = {mood: float(one.controls[number]) for mood, one in moods.items() if number in one.controls}
            moved = blended(value, wanted, weights)
            if number in _LOUDNESS:
                moved = max(moved, value * min(self.guards.dynamics[0], 1.0))
            values[number] = min(max(round(moved), 0), MAX_MIDI)
        return tuple(sorted(values.items()))

    def _sounding(self, own: Mapping[str, bool], voices: Mapping[str, VoiceState], bar: int) -> set[str]:
        """The voices that sound, not fewer and not more than the guards allow.

        What counts is who is heard in this very bar: a voice whose schedule is silent in it saves nobody from silence.
        """
        wanted = {name for name, state in voices.items() if state.sounds}
        heard = [name for name, schedule in self.schedules.items() if schedule.plays(bar)]
        for name in heard:
            before = sum(own[one] for one in heard)
            if sum(one in wanted for one in heard) < min(self.guards.fewest, before) and own[name]:
                wanted.add(name)
        most = self.guards.most
        if most is not None:
            allowed = max(most, sum(own[one] for one in heard))
            newcomers = [name for name in heard if name in wanted and not own[name]]
            for name in [*reversed(newcomers), *(one for one in reversed(heard) if own[one])]:
                if sum(one in wanted for one in heard) > allowed:
                    wanted.discard(name)
        return wanted


def _held(value: float, own: float, limits: Range) -> float:
    """The value within the limits, which are as wide as what the scene itself has."""
    low, high = limits
    return min(max(value, min(low, own)), max(high, own))
