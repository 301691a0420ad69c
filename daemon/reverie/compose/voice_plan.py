"""The recipes of a voice's loops: they follow from what its scene says of it, and from the loop before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reverie.compose.conditioning import scene_major
from reverie.compose.fitting import FittingRules, fit
from reverie.compose.local_key import local_major
from reverie.compose.operators.operator import After, ModelInput
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.plain_recipes import without_what_does_not_count
from reverie.compose.recipe import VERSION, HeardLoop, LoopLimits, Recipe
from reverie.compose.settings_plan import QPM
from reverie.compose.sounding_bass import bass_of
from reverie.compose.told_chords import ToldChord, joined, part, told_harmony, tonic_chord
from reverie.compose.voice_bars import VoiceBars
from reverie.compose.written_line import beside_line, played_over, split_by_line
from reverie.music.harmony import OCTAVE, BarHarmony, Key
from reverie.music.notes import Loop, Note
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.operators import OPERATOR_TRAITS


@dataclass(frozen=True, slots=True)
class VoicePlan(VoiceBars):
    """What a scene says of a voice, and how the recipes of its loops follow from that.

    A recipe has what the model is told (the primer, its key and chords, what was drawn since), what the loop has to
    keep to, and all that its operator reads.
    """

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

    def _settings(self, operator: str, bar: int, after: After | None) -> dict[str, float | str]:
        carried = OPERATORS[operator].carried
        before: Mapping[str, float | str] = carried(after) if after and carried else dict[str, float | str]()
        told = {**(self.settings.at(bar) if self.settings else {})}
        if operator in self.operator_settings:
            told |= self.operator_settings[operator].at(bar)
        if self.course is not None and isinstance(qpm := told.get(QPM), float):
            told[QPM] = round(qpm * self.course.at(bar).tempo, 3)
        if self.course is not None and self.source == "harmony" and isinstance(share := told.get("density"), float):
            told["density"] = round(min(share * self.course.at(bar).voice(self.voice).density, 1.0), 4)
        return {**told, **before}

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
        """What is kept of the loop before, as the chords from scene bar ``bar`` on want it, and the bass below it.

        A line that is written stays as it is.
        """
        if self.harmony is None or self.strictness_of(bar) <= 0 or not VOICE_KINDS[self.kind].pitched:
            return primer
        lowest = VOICE_KINDS[self.kind].outermost == "lowest"
        limits = self.limits_at(bar)
        rules = FittingRules(limits.low, limits.high, lowest=lowest)
        bass = bass_of(self.relations, heard, loops, self.bars, self.metre)
        known = bass if any(pitch is not None for pitch in bass.pitches) else None
        told = self.settings.at(bar) if self.settings else dict[str, float | str]()
        written, moved = split_by_line(primer, played_over(told, self.bars, self.metre))
        moved = fit(moved, after.recipe.harmony[: self.bars], self.harmony_of(bar), self.metre, rules, known)
        return *written, *beside_line(moved, written)


def _major_of(recipe: Recipe, home: int) -> int:
    """The major key in which a loop was composed."""
    own = scene_major(recipe.limits)
    return recipe.primer_key if recipe.primer_key is not None else home if own is None else own


def _tonic_of(limits: LoopLimits) -> str:
    return tonic_chord(Key(limits.tonic, limits.scale))
