"""The engine of latent spaces: run-time bundles of MusicVAE that are voices, in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reverie.compose.engines.engine import Candidate
from reverie.compose.engines.groove_player import GroovePlayer
from reverie.compose.engines.latent_parts import part_of
from reverie.compose.engines.latent_places import (
    LatentPlace,
    apart,
    around,
    beside,
    drawn_together,
    from_there,
    gone_together,
    prior,
)
from reverie.compose.engines.latent_voice import LatentVoice
from reverie.compose.engines.latent_ways import interpolated, walked
from reverie.compose.operators.asked import BLENDED
from reverie.compose.operators.latent_walks import INTERPOLATED, WALKED
from reverie.compose.recipe import Recipe
from reverie.models.configs import config_of
from reverie.models.errors import ModelError
from reverie.models.library.bundle import read_model
from reverie.models.library.index import ModelFile
from reverie.models.vae.converter_table import converter_of
from reverie.models.vae.converters import Trios
from reverie.models.vae.grooves import Grooves
from reverie.models.vae.model import KEY, Vae, load

_LED: Mapping[str, Callable[[LatentVoice, Recipe], LatentPlace]] = {
    INTERPOLATED: interpolated,
    WALKED: walked,
    BLENDED: walked,
}
"""By operator what leads through the space."""


class LatentEngine:
    """Finds places in the latent space for a recipe, and decodes them; the answer keeps its place in its events.

    Nothing is remembered from loop to loop but the place.
    """

    name = "numpy"

    def __init__(self) -> None:
        self._voices: dict[str, Mapping[str, LatentVoice]] = {}
        self._grooves: dict[str, GroovePlayer] = {}

    def load(self, model: ModelFile) -> None:
        """Make a model ready; the first note of a loop must not wait for a file.

        Raises:
            ModelError: if the file is missing, broken or no model that this engine runs.
        """
        bundle = read_model(model)
        converter, key = converter_of(bundle.card.config), bundle.card.settings.get(KEY)
        if isinstance(converter, Grooves):
            self._grooves[model.sha256] = GroovePlayer(load(bundle), converter)
            return
        vae = load(bundle)
        if isinstance(converter, Trios):
            self._voices[model.sha256] = _parts(vae, converter, config_of(bundle.card.config).parts)
            return
        voice = LatentVoice(vae, converter, part_of(vae.wiring), key if isinstance(key, int) else None)
        self._voices[model.sha256] = dict.fromkeys(model.kinds, voice)

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        """Decode ``recipe.candidates`` places: near that of the loop before, around the primer's, or anywhere.

        Raises:
            ModelError: if the model was not loaded, or the metre is none that it has learned.
        """
        del memory
        model = self._voices.get(recipe.model_hash, {}).get(recipe.kind) or self._grooves.get(recipe.model_hash)
        if model is None:
            raise ModelError(f"the model {recipe.model} was asked for music before it was loaded")
        if recipe.metre.bar_steps != model.vae.wiring.bar_steps:
            raise ModelError(f"the model {recipe.model} knows bars of 4/4 and no others, not of {recipe.metre}")
        if isinstance(model, GroovePlayer):
            return model.played(recipe)
        return model.decoded(recipe, _places(model, recipe))


def _parts(vae: Vae, converter: Trios, kinds: Sequence[str]) -> Mapping[str, LatentVoice]:
    """The voices of a trio by their kinds."""
    voices = [LatentVoice(vae, own, part_of(vae.wiring, number)) for number, own in enumerate(converter.parts)]
    pitched = tuple(voice for voice in voices if not voice.drums)
    return {kind: replace(voice, beside=pitched) for kind, voice in zip(kinds, voices, strict=True)}


def _places(voice: LatentVoice, recipe: Recipe) -> list[LatentPlace]:
    if voice.shares:
        return apart(recipe, _shared(voice, recipe))
    if recipe.operator in _LED:
        return beside(recipe, _LED[recipe.operator](voice, recipe))
    size = voice.vae.latent_size
    there = LatentPlace.of_events(recipe.past[-1].events, size) if recipe.past else None
    if there is not None:
        return from_there(recipe, there)
    if recipe.primer and recipe.primer_steps and voice.can_hear:
        shift = voice.heard_at(recipe)
        mean, deviation = voice.encoded(recipe.primer, recipe.primer_steps, shift)
        if recipe.operator == "reset":
            return around(recipe, mean, deviation, -shift)
        return from_there(recipe, LatentPlace(mean, recipe.seed, -shift))
    return voice.fitted(recipe, prior(recipe, size))


def _shared(voice: LatentVoice, recipe: Recipe) -> LatentPlace:
    """The place of a trio for which one of its voices asks: the others, which are told the same, find the same."""
    if recipe.operator in _LED:
        return _LED[recipe.operator](voice, recipe)
    size = voice.vae.latent_size
    there = LatentPlace.of_events(recipe.past[-1].events, size) if recipe.past else None
    if there is not None:
        return gone_together(recipe, there)
    return voice.fitted(recipe, [drawn_together(recipe, size)])[0]
