"""Places on a way through the latent space: on one that leads to another place, and on a walk between several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reverie.compose.engines.latent_places import LatentPlace, rounded, together
from reverie.compose.engines.latent_voice import LatentVoice
from reverie.compose.operators.latent_walks import LEFT, PRIMER, SEED, SHARE, TARGET, TO, TUNE
from reverie.compose.recipe import Recipe
from reverie.models.lstm import Array
from reverie.models.vae.latent import blend
from reverie.music.notation import read_tune
from reverie.music.notes import Note


def interpolated(voice: LatentVoice, recipe: Recipe) -> LatentPlace:
    """A step on the great circle to the primer's place, or to a new one; the last step is there.

    The primer is heard in the key in which the loop before was decoded, so that the way leads through one key alone. A
    new place may say another key, and from the middle of the way on what comes is moved as it has to be there.
    """
    here, settings = _here(voice, recipe), recipe.settings
    written = settings[TO] == PRIMER and recipe.primer_steps > 0 and voice.can_hear
    if written:
        there, _ = voice.encoded(recipe.primer, recipe.primer_steps, -here.shift)
    else:
        there = _drawn(int(settings.get(TARGET, together(recipe))), voice.vae.latent_size)
    left = round(float(settings[LEFT]))
    vector = voice.vae.interpolate(here.vector, there, left + 1)[1]
    if not written and _is_near(vector, there):
        here = voice.fitted(recipe, [replace(here, vector=rounded(there))])[0]
    return replace(here, vector=rounded(vector))


def walked(voice: LatentVoice, recipe: Recipe) -> LatentPlace:
    """Where the walk is: between the places of the scene, each by its share, decoded by one chance for ever.

    It is moved to the scene's key as the nearest of these places has to be, for none but these says any key; what is
    written is in its key.
    """
    seed = int(recipe.settings[SEED])
    shares = {
        int(name.removeprefix(f"{SHARE} ")): float(share)
        for name, share in recipe.settings.items()
        if name.startswith(f"{SHARE} ")
    }
    vectors = np.stack([_place(voice, recipe, seed, number) for number in shares])
    nearest = int(np.argmax([*shares.values()]))
    written = _written(voice, recipe, [*shares][nearest]) is not None
    near_by = voice.fitted(recipe, [LatentPlace(rounded(vectors[nearest]), seed)], written=written)[0]
    return replace(near_by, vector=rounded(blend(vectors, [*shares.values()])))


def _is_near(vector: Array, there: Array) -> bool:
    """Whether what is left of the way is less than half of one between strangers, which are at right angles."""
    return float(vector @ there) > math.cos(math.pi / 4) * float(np.linalg.norm(vector) * np.linalg.norm(there))


def _here(voice: LatentVoice, recipe: Recipe) -> LatentPlace:
    """The place of the loop before; where nobody knows it, that of its notes, or any."""
    size = voice.vae.latent_size
    there = LatentPlace.of_events(recipe.past[-1].events, size) if recipe.past else None
    if there is not None:
        return there
    if recipe.before and voice.can_hear:
        shift = voice.heard_at(recipe)
        vector, _ = voice.encoded(recipe.before, recipe.steps, shift)
        return LatentPlace(vector, recipe.seed, -shift)
    return LatentPlace(_drawn(together(recipe), size), together(recipe))


def _place(voice: LatentVoice, recipe: Recipe, seed: int, number: int) -> Array:
    """The place of the walk with that number: of what is written there, or of chance."""
    written = _written(voice, recipe, number)
    if written is None:
        return _drawn((seed, number), voice.vae.latent_size)
    return voice.encoded(*written, voice.heard_at(recipe))[0]


def _written(voice: LatentVoice, recipe: Recipe, number: int) -> tuple[Sequence[Note], int] | None:
    """What is written at a place of the walk: a tune, or the primer at the first; its notes and its sixteenths."""
    if not voice.can_hear:
        return None
    tune = recipe.settings.get(f"{TUNE} {number}")
    if tune is not None:
        passage = read_tune(str(tune))
        return passage.notes, passage.steps
    return (recipe.primer, recipe.primer_steps) if number == 0 and recipe.primer_steps else None


def _drawn(seed: int | tuple[int, int], size: int) -> Array:
    return np.random.default_rng(seed).standard_normal(size).astype(np.float32)
