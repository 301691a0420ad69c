"""From a recipe to the notes of a bank: encode the sources, mix them, render; what is done stays done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from reverie.scenes.timbre import LONGEST_NOTE
from reverie.timbre.bank.unfinished import Unfinished
from reverie.timbre.errors import TimbreError
from reverie.timbre.executors.executor import Executor, name_of
from reverie.timbre.recipe import BankRecipe, Ingredient, IngredientKey
from reverie.timbre.render.batches import batches_of, from_tensors
from reverie.timbre.render.progress_interval import Pace, part
from reverie.timbre.render.renderer import Code, Renderer
from reverie.timbre.sound import AS_IT_IS, Sound

ENCODING_SHARE = 0.1
"""Of a render's progress."""

NO_CODES: Mapping[IngredientKey, Code] = MappingProxyType({})
Source = Callable[[str], Sound]
"""The sound whose content has that hash."""


def render_notes(
    recipe: BankRecipe,
    source: Source,
    renderer: Renderer,
    executor: Executor,
    kept: Unfinished,
    pace: Pace,
    fitted: Mapping[IngredientKey, Code] = NO_CODES,
) -> list[Sound]:
    """The notes of a recipe, in their order; ``fitted`` are the codes of sounds that were searched for.

    Raises:
        TimbreError: if the model is another than the recipe's, or a sound cannot be used.
        OSError: if the folder of what is kept cannot be written.
    """
    if renderer.model != recipe.model:
        raise TimbreError("the timbre model is not the one that this bank was planned with; start Reverie again")
    codes = _codes(recipe, source, renderer, kept, part(pace, 0, ENCODING_SHARE), fitted)
    batches = batches_of(recipe, codes)
    executor.render(batches, renderer, kept, part(pace, ENCODING_SHARE, 1))
    sounds: list[Sound] = []
    for batch in batches:
        tensors = kept.get(name_of(batch))
        if tensors is None:
            raise TimbreError("what was rendered could not be read again; see whether the disk is full or failing")
        sounds += from_tensors(tensors)
    return sounds


def _codes(
    recipe: BankRecipe,
    source: Source,
    renderer: Renderer,
    kept: Unfinished,
    pace: Pace,
    fitted: Mapping[IngredientKey, Code],
) -> Mapping[int, Code]:
    """What each key plays, as a code."""
    codes: dict[int, Code] = {}
    sounds: dict[str, Sound] = {}
    for number, played in enumerate(recipe.keys):
        name = f"code-{played.key}"
        code = (kept.get(name) or {}).get("code")
        if code is None:
            parts: list[Code] = []
            for one in played.ingredients:
                if one.latent is not None:
                    parts.append(renderer.latent(one.latent))
                elif one.key in fitted:
                    parts.append(fitted[one.key])
                else:
                    if one.sound not in sounds:
                        sounds[one.sound] = source(one.sound)
                    parts.append(_encoded(renderer, sounds[one.sound], one, played.pitch))
            code = renderer.mix(parts, played.weights, spherical=recipe.spherical)
            kept.keep(name, {"code": code})
        codes[played.key] = code
        pace((number + 1) / len(recipe.keys))
    return codes


def _encoded(renderer: Renderer, sound: Sound, one: Ingredient, pitch: float | None) -> Code:
    """A sound as it is to be at a pitch: the renderer keeps its body, but not that of a tape that is played faster."""
    if one.formants_move and pitch is not None and not one.untransposed:
        speed = 2.0 ** ((pitch - (AS_IT_IS if one.own_pitch is None else one.own_pitch)) / 12)
        rate = round(sound.rate * speed)
        heard = sound.samples[: round(LONGEST_NOTE * rate)]  # a slow tape may last for minutes
        return renderer.code(replace(sound, samples=heard, rate=rate), pitch, own_pitch=pitch)
    return renderer.code(sound, pitch, own_pitch=one.own_pitch, transposed=not one.untransposed)
