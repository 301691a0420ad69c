"""What a scene says of a voice, as far as composing goes, and what each bar of the scene is to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from reverie.compose.course import FAR, BarState, Course, Figure, SectionSpot, limits_in
from reverie.compose.mood_course import MoodHarmony, MoodPlan, bar_under, harmony_under
from reverie.compose.novelty_bands import NoveltyBands
from reverie.compose.recipe import LoopLimits
from reverie.compose.relations import Relation
from reverie.compose.seeds import derive_seed
from reverie.compose.settings_plan import SettingsPlan
from reverie.models.configs import ChordAlphabetName
from reverie.music.harmony import BarHarmony, HarmonyPlan
from reverie.music.notes import Note
from reverie.music.time import Metre
from reverie.music.touch import Touch
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.evolve_steps import EvolveProgramme
from reverie.scenes.operators import OPERATOR_TRAITS

_NO_MOOD = MoodPlan()

_ELSEWHERE = 7
"""Semitones by which a register has moved where a loop of before is not in it any more."""
_THINNER, _LITTLE = 0.6, 0.5
"""The share of the notes a bar below which music is thin beside what it was; and a few of them, as some have none."""


@dataclass(frozen=True, slots=True)
class VoiceBars:
    """What a scene says of a voice, as far as composing goes.

    ``temperature`` maps a bar of the scene to a number. ``first`` is the operator with which its line begins, and
    begins anew. ``harmony`` is None for a voice that is free of it, and ``relations`` say which others it listens to.
    ``settings`` are those of its operators, which may change from bar to bar. ``course`` is how the scene's form and
    moods want the voice in each bar; None where the scene has neither. ``moods`` are what a mood puts in place of
    harmony, strictness, key and touch while it rules. ``bands`` say how new its loops are to be beside those of an hour
    and of a week; None where only the last loop counts, as a wish. So many loops in a row as ``turns`` have the same
    seed: where each loop is made for its own bars, as the harmony wants it, they are turns of one idea. ``drum_map``
    says which drums are played as others. ``span`` is for how many sixteenths its model knows its place in the bar, and
    ``chords`` how it is told the harmony, if it composes over chords: a voice that has none tells its tonic's.
    ``programme`` has the steps of ``then`` with all that is said of them, where these are not operators in turn.
    ``ways`` are the operators by which a model of its kind does what others mean by the same name,
    and ``guests`` the other models, name and hash, that play some operators.
    ``operator_settings`` are those of one operator each.
    """

    scene: str
    scene_hash: str
    seed: int
    metre: Metre
    voice: str
    kind: str
    model: str
    model_hash: str
    primer: tuple[Note, ...]
    primer_steps: int
    bars: int
    hold: int
    then: tuple[str, ...]
    temperature: Callable[[int], float]
    limits: LoopLimits
    candidates: int = 1
    novelty: tuple[float, float] = (0.0, 1.0)
    first: str = "reset"
    harmony: HarmonyPlan | None = None
    strictness: float = 0.0
    relations: tuple[Relation, ...] = ()
    touch: Touch | None = None
    settings: SettingsPlan | None = None
    turns: int = 1
    longest: int | None = None
    course: Course | None = None
    moods: Mapping[str, MoodPlan] = field(default_factory=dict[str, MoodPlan])
    bands: NoveltyBands | None = None
    drum_map: Mapping[int, int] = field(default_factory=dict[int, int])
    span: int = 0
    chords: ChordAlphabetName = ""
    programme: EvolveProgramme | None = None
    ways: Mapping[str, str] = field(default_factory=dict[str, str])
    guests: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    operator_settings: Mapping[str, SettingsPlan] = field(default_factory=dict[str, "SettingsPlan"])

    def seed_of(self, number: int) -> int:
        """The seed of the line's loop ``number``; turns of one idea have the same."""
        return derive_seed(self.scene, self.voice, self.seed, number // self.turns)

    def temperature_at(self, bar: int) -> float:
        """How boldly a loop is composed that starts in scene bar ``bar``."""
        factor = self.course.at(bar).voice(self.voice).temperature if self.course else 1.0
        return round(self.temperature(bar) * factor, 4)

    def density_at(self, bar: int) -> float:
        """How many times as dense as by itself the voice is to be in scene bar ``bar``."""
        return round(self.course.at(bar).voice(self.voice).density, 2) if self.course else 1.0

    def limits_at(self, bar: int) -> LoopLimits:
        """What the voice allows a loop that starts in scene bar ``bar``."""
        if self.course is None:
            return self.limits
        state, key = self.course.at(bar), self.mood_at(bar).key
        limits = self.limits if key is None else replace(self.limits, tonic=key.tonic, scale=key.scale)
        return limits_in(limits, state.voice(self.voice), pitched=VOICE_KINDS[self.kind].pitched)

    def mood_at(self, bar: int) -> MoodPlan:
        """What the mood that rules in scene bar ``bar`` puts in place of what the scene says; nothing without one."""
        return self.moods.get(self.course.at(bar).mood, _NO_MOOD) if self.course and self.moods else _NO_MOOD

    def begins(self, after: int) -> int | None:
        """The first scene bar later than ``after`` in which the voice begins anew; None if none is near."""
        return self.course.begins(self.voice, after) if self.course else None

    def border(self, start: int, end: int) -> int | None:
        """The first scene bar after ``start`` and before ``end`` at which no loop goes on; None if there is none.

        That is where the voice begins anew, and after a bar that is a figure.
        """
        begins = self.begins(start)
        last = end if begins is None else min(begins, end)
        if self.course is not None:
            figure = next((bar for bar in range(start, min(last, start + FAR) - 1) if self.has_figure(bar)), None)
            last = last if figure is None else figure + 1
        return last if last < end else None

    def has_figure(self, bar: int) -> bool:
        """Whether the voice plays another thing in a scene bar than what it plays anyway: fills are for drums."""
        figure = self.figure(bar)
        return figure == "last" or (figure == "fill" and VOICE_KINDS[self.kind].drums)

    def longest_at(self, bar: int) -> int | None:
        """For how many bars the voice may be the same where scene bar ``bar`` is; None: for as long as it will."""
        if self.longest is not None:
            return self.longest
        return self.bars * self.hold if self.section(bar) is not None else None

    def is_near(self, was: LoopLimits, bar: int) -> bool:
        """Whether a loop that was made within limits of before still does for scene bar ``bar``."""
        now = self.limits_at(bar)
        if (was.tonic, was.scale) != (now.tonic, now.scale) or abs(was.low - now.low) >= _ELSEWHERE:
            return False
        return _THINNER < (now.most + _LITTLE) / (was.most + _LITTLE) < 1 / _THINNER

    def sounds(self, bar: int) -> bool:
        """Whether the scene's course wants the voice in a scene bar."""
        return self.course is None or self.course.at(bar).voice(self.voice).sounds

    def figure(self, bar: int) -> Figure:
        """What a scene bar is to the voice beside what it plays anyway."""
        return self.course.at(bar).voice(self.voice).figure if self.course else ""

    def section(self, bar: int) -> SectionSpot | None:
        """The section of the scene to which a scene bar belongs."""
        return self.course.at(bar).section if self.course else None

    def wanted(self, bar: int) -> tuple[object, ...]:
        """What counts of a scene bar for whoever composes the voice: two courses may want the same."""
        state = self.course.at(bar) if self.course else BarState()
        spot, voice = state.section, state.voice(self.voice)
        section = spot and (spot.number, spot.name, spot.first_bar)
        mood = (state.mood, state.mood_from) if self.moods else None
        return voice.sounds, voice.figure, section, mood, self.limits_at(bar), self.temperature_at(bar)

    def beginnings(self, first: int, end: int) -> set[int]:
        """The scene bars from ``first`` up to ``end`` in which the voice begins anew."""
        found, bar = set[int](), self.begins(first - 1)
        while bar is not None and bar < end:
            found.add(bar)
            bar = self.begins(bar)
        return found

    def sounding_from(self, bar: int) -> int:
        """The first scene bar from ``bar`` on in which the voice sounds: where it comes in, if it does not sound there.

        Where it is silent for as long as anybody knows, that is a bar at which it has to be asked again.
        """
        known: int | None = bar
        while known is not None and known < bar + FAR:
            if self.sounds(known):
                return known
            known = self.begins(known)
        return bar + FAR

    @property
    def literal(self) -> bool:
        """Whether it plays for ever what is written, and needs no model."""
        return not self.model and OPERATOR_TRAITS[self.first].source == "written"

    @property
    def source(self) -> Literal["model", "harmony", "written"]:
        """Where its loops come from, as far as people can change that."""
        if self.literal:
            return "written"
        return "harmony" if OPERATOR_TRAITS[self.first].source == "harmony" else "model"

    def strictness_of(self, bar: int) -> float:
        """How much the harmony binds a loop that starts in scene bar ``bar``: as its section says, or as the voice."""
        if self.harmony is None:
            return 0.0
        mood = self.mood_at(bar)
        if mood.strictness is not None:
            return mood.strictness
        harmony, number = harmony_under(self.course, self.harmony, self._harmonies, bar)
        said = harmony.strictness_at(number)
        return self.strictness if said is None else said

    def harmony_of(self, bar: int, bars: int | None = None) -> tuple[BarHarmony, ...]:
        """The harmony of a loop that starts in scene bar ``bar``, and of the bar after it.

        Args:
            bar: the loop's first.
            bars: how long it is, if not as the voice's loops are.
        """
        if self.harmony is None:
            return ()
        moods = self._harmonies
        return tuple(bar_under(self.course, self.harmony, moods, bar + one) for one in range((bars or self.bars) + 1))

    @property
    def _harmonies(self) -> Mapping[str, MoodHarmony[HarmonyPlan]]:
        return {name: mood.harmony for name, mood in self.moods.items() if mood.harmony}
