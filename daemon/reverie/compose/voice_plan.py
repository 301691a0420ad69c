"""What a scene says of a voice, as far as composing goes: from a plan follow the recipes of its loops."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from reverie.compose.conditioning import scene_major
from reverie.compose.course import FAR, BarState, Course, Figure, SectionSpot, limits_in
from reverie.compose.fitting import FittingRules, fit
from reverie.compose.local_key import local_major
from reverie.compose.mood_course import MoodHarmony, MoodPlan, bar_under, harmony_under
from reverie.compose.novelty_bands import NoveltyBands
from reverie.compose.operators.operator import After, ModelInput
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.plain_recipes import without_what_does_not_count
from reverie.compose.recipe import VERSION, HeardLoop, LoopLimits, Recipe
from reverie.compose.relations import Relation
from reverie.compose.seeds import derive_seed
from reverie.compose.sounding_bass import bass_of
from reverie.compose.told_chords import ToldChord, joined, part, told_harmony, tonic_chord
from reverie.models.configs import ChordAlphabetName
from reverie.music.harmony import OCTAVE, BarHarmony, HarmonyPlan, Key
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.music.touch import Touch
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.evolve_steps import EvolveProgramme
from reverie.scenes.operators import OPERATOR_TRAITS


class SettingsPlan(Protocol):
    """What a voice tells its operators, over the bars of a scene. Equal plans tell the same."""

    def at(self, bar: int) -> Mapping[str, float | str]:
        """The settings of a loop that starts in scene bar ``bar``."""
        ...


_NO_MOOD = MoodPlan()

_ELSEWHERE = 7
"""Semitones by which a register has moved where a loop of before is not in it any more."""
_THINNER, _LITTLE = 0.6, 0.5
"""The share of the notes a bar below which music is thin beside what it was; and a few of them, as some have none."""


@dataclass(frozen=True, slots=True)
class VoicePlan:
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

    def recipe(
        self,
        operator: str,
        number: int,
        bar: int,
        after: After | None = None,
        heard: tuple[HeardLoop, ...] = (),
        loops: Mapping[str, Loop] | None = None,
        *,
        again: bool = False,
    ) -> Recipe:
        """The recipe of the line's loop ``number``, which is to start in bar ``bar`` of the scene.

        The operator chooses what the model is told; without a loop before, that is the scene's own primer. ``heard`` is
        what other voices play in the loop's bars, and ``loops`` these loops by their content hashes. With ``again`` the
        model is told what it was told for the loop before, which is to be another.
        """
        operator = self.ways.get(operator, operator)
        model, model_hash = self.guests.get(operator, (self.model, self.model_hash))
        heard_loops = dict(loops or {})
        told = ModelInput(self.primer, self.primer_steps)
        if after:
            told = after.told if again else OPERATORS[operator].told(told, after)
            if OPERATORS[operator].traits.keeps_primer:
                told = replace(told, primer=self._fitted(told.primer, after, bar, heard, heard_loops))
        recipe = Recipe(
            scene=self.scene,
            scene_hash=self.scene_hash,
            voice=self.voice,
            kind=self.kind,
            model=model,
            model_hash=model_hash,
            operator=operator,
            seed=self.seed_of(number),
            temperature=self.temperature_at(bar),
            bars=self.bars,
            metre=self.metre,
            primer=told.primer,
            primer_steps=told.primer_steps,
            limits=self.limits_at(bar),
            past=told.past,
            candidates=self.candidates,
            before=self._before(operator, after, bar, heard, heard_loops),
            novelty=self.novelty,
            harmony=self.harmony_of(bar),
            strictness=self.strictness_of(bar),
            relations=self.relations,
            touch=self.mood_at(bar).touch or self.touch,
            primer_key=self._primer_key(operator, told, after, bar, again=again),
            settings=self._settings(operator, bar, after),
            density=self.density_at(bar) if OPERATOR_TRAITS[operator].source == "model" else 1.0,
            register=self._register(operator, told, after, bar),
            heard=heard,
            loops=heard_loops,
            version=VERSION,
            span=self.span if OPERATOR_TRAITS[operator].source == "model" and not told.past else 0,
            chords=self._chords(operator, told, after, bar, again=again),
        )
        return without_what_does_not_count(recipe)

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

    def _settings(self, operator: str, bar: int, after: After | None) -> dict[str, float | str]:
        carried = OPERATORS[operator].carried
        before: Mapping[str, float | str] = carried(after) if after and carried else dict[str, float | str]()
        told = {**(self.settings.at(bar) if self.settings else {})}
        if operator in self.operator_settings:
            told |= self.operator_settings[operator].at(bar)
        if self.course is not None and self.source == "harmony" and isinstance(share := told.get("density"), float):
            told["density"] = round(min(share * self.course.at(bar).voice(self.voice).density, 1.0), 4)
        return {**told, **before}

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

    def _chords(
        self, operator: str, told: ModelInput, after: After | None, bar: int, *, again: bool
    ) -> tuple[ToldChord, ...]:
        """What a model that composes over chords is told of them: over its primer, and over the bars from ``bar`` on.

        A primer that the scene has written lies over the tonic, and one that was a loop over that loop's chords.
        """
        if not self.chords or OPERATOR_TRAITS[operator].source != "model":
            return ()
        loop = self._told_harmony(self.harmony_of(bar)[: self.bars], self.limits_at(bar), self.bars)
        if OPERATOR_TRAITS[operator].keeps_primer:
            return loop
        steps = told.primer_steps
        primer = (ToldChord(_tonic_of(self.limits), steps),)
        if after is not None and (told.past or again):
            primer = part(after.recipe.chords, 0, steps) or primer
        elif after is not None and told.primer != self.primer:
            bars = after.recipe.bars
            primer = self._told_harmony(after.recipe.harmony[:bars], after.recipe.limits, bars)
        return joined((*primer, *loop))

    def _told_harmony(self, harmony: Sequence[BarHarmony], limits: LoopLimits, bars: int) -> tuple[ToldChord, ...]:
        told = told_harmony(harmony, self.metre, self.chords)
        return told or (ToldChord(_tonic_of(limits), bars * self.metre.bar_steps),)

    def _register(self, operator: str, told: ModelInput, after: After | None, bar: int) -> int:
        """How many semitones the course has moved the voice since its primer was played, or written."""
        if self.course is None or OPERATOR_TRAITS[operator].source != "model":
            return 0
        now = self.limits_at(bar).low - self.limits.low
        if after is None or told.primer == self.primer:
            return now
        then = after.recipe.limits.low - self.limits.low
        return now - (then - after.recipe.register if told.past else then)

    def _primer_key(self, operator: str, told: ModelInput, after: After | None, bar: int, *, again: bool) -> int | None:
        """The major key in which the primer is, where harmony or mood have moved it away from that of the limits."""
        home, own = scene_major(self.limits), scene_major(self.limits_at(bar))
        if home is None:
            return None
        key, fitted = home, OPERATORS[operator].traits.keeps_primer
        if after is not None and (told.past or (again and not fitted)):
            key = _major_of(after.recipe, home)
        elif after is not None and told.primer != self.primer:
            harmony = self.harmony_of(bar) if fitted else after.recipe.harmony
            key = local_major(harmony, home) if self.harmony else _major_of(after.recipe, home)
        return None if own is not None and (key - own) % OCTAVE == 0 else key % OCTAVE

    def _before(
        self,
        operator: str,
        after: After | None,
        bar: int,
        heard: tuple[HeardLoop, ...],
        loops: Mapping[str, Loop],
    ) -> tuple[Note, ...]:
        """The loop before, as the chords from scene bar ``bar`` on want it where another is made of it by rules."""
        if after is None:
            return ()
        notes = after.loop.notes
        return self._fitted(notes, after, bar, heard, loops) if OPERATOR_TRAITS[operator].transforms else notes

    def _fitted(
        self,
        primer: tuple[Note, ...],
        after: After,
        bar: int,
        heard: tuple[HeardLoop, ...],
        loops: Mapping[str, Loop],
    ) -> tuple[Note, ...]:
        """What is kept of the loop before, as the chords from scene bar ``bar`` on want it, and the bass below it."""
        if self.harmony is None or self.strictness_of(bar) <= 0 or not VOICE_KINDS[self.kind].pitched:
            return primer
        lowest = VOICE_KINDS[self.kind].outermost == "lowest"
        limits = self.limits_at(bar)
        rules = FittingRules(limits.low, limits.high, lowest=lowest)
        bass = bass_of(self.relations, heard, loops, self.bars, self.metre)
        known = bass if any(pitch is not None for pitch in bass.pitches) else None
        return fit(primer, after.recipe.harmony[: self.bars], self.harmony_of(bar), self.metre, rules, known)


def _major_of(recipe: Recipe, home: int) -> int:
    """The major key in which a loop was composed."""
    own = scene_major(recipe.limits)
    return recipe.primer_key if recipe.primer_key is not None else home if own is None else own


def _tonic_of(limits: LoopLimits) -> str:
    return tonic_chord(Key(limits.tonic, limits.scale))
