"""The engine of latent spaces: run-time bundles of MusicVAE that are voices, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence

from reverie.compose.engines.engine import Candidate
from reverie.compose.engines.groove_player import GroovePlayer
from reverie.compose.engines.latent_places import LatentPlace, around, from_there, prior
from reverie.compose.engines.latent_voice import LatentVoice
from reverie.compose.engines.latent_ways import interpolated, walked
from reverie.compose.operators.latent_walks import INTERPOLATED, WALKED
from reverie.compose.recipe import Recipe
from reverie.models.errors import ModelError
from reverie.models.library.bundle import read_model
from reverie.models.library.index import ModelFile
from reverie.models.vae.converter_table import converter_of
from reverie.models.vae.converters import Drums, Melodies
from reverie.models.vae.grooves import Grooves
from reverie.models.vae.model import KEY, load


class LatentEngine:
    """Finds places in the latent space for a recipe, and decodes them; the answer keeps its place in its events.

    Nothing is remembered from loop to loop but the place.
    """

    name = "numpy"

    def __init__(self) -> None:
        self._voices: dict[str, LatentVoice] = {}
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
        if not isinstance(converter, Melodies | Drums):
            raise ModelError(f"{model.path}: is of {bundle.card.config}, which can be no voice; name another model")
        self._voices[model.sha256] = LatentVoice(load(bundle), converter, key if isinstance(key, int) else None)

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        """Decode ``recipe.candidates`` places: near that of the loop before, around the primer's, or anywhere.

        Raises:
            ModelError: if the model was not loaded, or the metre is none that it has learned.
        """
        del memory
        model = self._voices.get(recipe.model_hash) or self._grooves.get(recipe.model_hash)
        if model is None:
            raise ModelError(f"the model {recipe.model} was asked for music before it was loaded")
        if recipe.metre.bar_steps != model.vae.wiring.bar_steps:
            raise ModelError(f"the model {recipe.model} knows bars of 4/4 and no others, not of {recipe.metre}")
        if isinstance(model, GroovePlayer):
            return model.played(recipe)
        return model.decoded(recipe, _places(model, recipe))


def _places(voice: LatentVoice, recipe: Recipe) -> list[LatentPlace]:
    if recipe.operator == INTERPOLATED:
        return interpolated(voice, recipe)
    if recipe.operator == WALKED:
        return walked(voice, recipe)
    size = voice.vae.latent_size
    there = LatentPlace.of_events(recipe.past[-1].events, size) if recipe.past else None
    if there is not None:
        return from_there(recipe, there)
    if recipe.primer and recipe.primer_steps and voice.vae.can_encode:
        shift = voice.heard_at(recipe)
        mean, deviation = voice.encoded(recipe.primer, recipe.primer_steps, shift)
        if recipe.operator == "reset":
            return around(recipe, mean, deviation, -shift)
        return from_there(recipe, LatentPlace(mean, recipe.seed, -shift))
    return voice.fitted(recipe, prior(recipe, size))
