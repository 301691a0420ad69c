"""What a person asks of a voice, as recipes of its loops to come say it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import assert_never

from reverie.compose.operators.asked import BLENDED, GIVEN, OWN, SEEDED, own_as_text
from reverie.compose.operators.latent_walks import SEED, SHARE, TUNE
from reverie.compose.operators.written import velocity_of
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.seeds import derive_seed
from reverie.compose.voice_plan import VoicePlan
from reverie.music.notation import PLAIN, read_tune
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.site.actions import ControlError
from reverie.site.loop_wishes import BlendWish, LoopWish, SeedWish

MOST_NOTES = 16.0
"""Notes a bar of a tune that is asked for: one in each sixteenth of four quarters."""


@dataclass(frozen=True, slots=True)
class AskedLoop:
    """By which operator loops are made until the wish is over, and what their recipes say of it.

    ``primer`` has marks for velocities, and is ``primer_steps`` sixteenths long. ``strokes`` are all that are the
    person's: so many more than a voice has by itself it may have.
    """

    operator: str
    primer: tuple[Note, ...] = ()
    primer_steps: int = 0
    settings: Mapping[str, float | str] = field(default_factory=dict[str, "float | str"])
    density: float = 1.0
    strokes: int = 0

    def recipe(self, plan: VoicePlan, recipe: Recipe) -> Recipe:
        """A recipe of the plan's as the person wants it.

        It hears no other voice and is to be no newer than it comes: what is asked for may well be what plays.
        """
        primer = self.primer
        if self.operator == SEEDED:
            marked = any(note.velocity != PLAIN for note in primer)
            primer = tuple(replace(note, velocity=velocity_of(recipe, note, marked=marked)) for note in primer)
        own = recipe.model_hash == plan.model_hash
        return replace(
            recipe,
            primer=primer,
            primer_steps=self.primer_steps,
            past=(),
            chords=(),
            primer_key=None,
            before=recipe.before if self.operator == BLENDED else (),
            novelty=(0.0, 1.0),
            heard=(),
            relations=(),
            loops={},
            limits=self._limits(recipe.limits, plan.bars),
            settings=self.settings if self.operator == GIVEN else {**recipe.settings, **self.settings},
            density=round(recipe.density * self.density, 3) if self.operator == SEEDED else recipe.density,
            span=recipe.span if own else 0,
        )

    def _limits(self, limits: LoopLimits, bars: int) -> LoopLimits:
        """The voice's, so that nothing of the person's own is too little or too much."""
        if self.operator == GIVEN:
            return limits
        return replace(limits, least=0.0, most=limits.most + self.strokes / bars)


def asked_loop(wish: LoopWish, plan: VoicePlan) -> AskedLoop:
    """How a voice plays what a person wants.

    Raises:
        ControlError: if it cannot, with the reason.
    """
    if plan.source != "model":
        raise ControlError(f"{plan.voice} is composed by no model, and plays nothing else")
    match wish:
        case SeedWish():
            return _seeded(wish, plan)
        case BlendWish():
            return _blended(wish, plan)
        case _:
            assert_never(wish)


def _seeded(wish: SeedWish, plan: VoicePlan) -> AskedLoop:
    if not VOICE_KINDS[plan.kind].drums:
        raise ControlError(f"{plan.voice} plays no drums, and takes no strokes")
    steps = plan.bars * plan.metre.bar_steps
    strokes = [note for note in wish.strokes if note.start < steps * TICKS_PER_STEP]
    own = {step for step in wish.own if step < steps}
    marker = min(wish.marker, steps)
    while marker < steps and marker in own:
        marker += 1
    if marker == steps:
        if not strokes:
            raise ControlError("a pattern without a stroke is silence; strike a drum, or leave steps to the model")
        return AskedLoop(GIVEN, tuple(strokes), steps)
    if SEEDED not in plan.guests:
        raise ControlError(f"no model that is here can go on from strokes of {plan.voice}; set all of its steps")
    later = {step for step in own if step >= marker}
    settings: dict[str, float | str] = {OWN: own_as_text(strokes, later)} if later else {}
    first = tuple(note for note in strokes if note.start < marker * TICKS_PER_STEP)
    return AskedLoop(SEEDED, first, marker, settings, wish.density, len(strokes))


def _blended(wish: BlendWish, plan: VoicePlan) -> AskedLoop:
    if not VOICE_KINDS[plan.kind].monophonic:
        raise ControlError(f"{plan.voice} plays no tunes, one note at a time, that could be mixed")
    for tune in wish.tunes:
        _check(tune, plan)
    if wish.alone is not None:
        passage = read_tune(wish.alone)
        return AskedLoop(GIVEN, passage.notes, passage.steps)
    if BLENDED not in plan.guests:
        raise ControlError(f"no MusicVAE of melodies that is here plays in {plan.metre}, and tunes cannot be mixed")
    settings: dict[str, float | str] = {SEED: derive_seed(plan.scene, plan.voice, "blend")}
    for number, (tune, share) in enumerate(zip(wish.tunes, wish.shares, strict=True)):
        if share:
            settings |= {f"{SHARE} {number}": share, f"{TUNE} {number}": tune}
    return AskedLoop(BLENDED, settings=settings)


def _check(tune: str, plan: VoicePlan) -> None:
    """That a voice can play a tune as it is.

    Raises:
        ControlError: if it cannot.
    """
    passage, limits = read_tune(tune), plan.limits
    if not all(limits.low <= note.pitch <= limits.high for note in passage.notes):
        raise ControlError(f"the tune leaves the register of {plan.voice}")
    if _most_at_once(passage.notes) > limits.polyphony:
        raise ControlError(f"the tune has more notes at once than {plan.voice} may play")
    if len(passage.notes) > MOST_NOTES * max(math.ceil(passage.steps / plan.metre.bar_steps), 1):
        raise ControlError("the tune has more notes than sixteenths")


def _most_at_once(notes: Sequence[Note]) -> int:
    """How many of the notes sound together, in time that grows as they do: strangers write them."""
    begins_and_ends = sorted([*((note.start, 1) for note in notes), *((note.end, -1) for note in notes)])
    return max(accumulate(change for _, change in begins_and_ends), default=0)
