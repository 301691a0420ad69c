"""Which engine runs a model: by the site's setting, and by the family on the model's card.

Whoever lets another family compose writes a module beside this with an :class:`~reverie.compose.engines.engine.Engine`,
and names it here.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from reverie.compose.engines.engine import Candidate, Engine
from reverie.compose.recipe import Recipe
from reverie.models.configs import CONFIGS, Family, config_of
from reverie.models.errors import ModelError
from reverie.models.library.card import read_card
from reverie.models.library.index import ModelFile

_RECURRENT = "reverie.compose.engines.recurrent:RecurrentEngine"
_POLYPHONIC = "reverie.compose.engines.polyphonic:PolyphonicEngine"
_EXPRESSIVE = "reverie.compose.engines.expressive:ExpressiveEngine"
_HARMONIZING = "reverie.compose.engines.harmonizing:HarmonizingEngine"
_LATENT = "reverie.compose.engines.latent_space:LatentEngine"
_GENIE = "reverie.compose.engines.genie_playing:GenieEngine"
_MAGENTA = "reverie.magenta.generators:MagentaEngine"

ENGINES: Mapping[str, Mapping[Family, str]] = {
    "numpy": {
        "drums_rnn": _RECURRENT,
        "melody_rnn": _RECURRENT,
        "improv_rnn": _RECURRENT,
        "polyphony_rnn": _POLYPHONIC,
        "performance_rnn": _EXPRESSIVE,
        "music_vae": _LATENT,
        "piano_genie": _GENIE,
        "coconet": _HARMONIZING,
    },
    "magenta": {
        "drums_rnn": _MAGENTA,
        "melody_rnn": _MAGENTA,
        "improv_rnn": _MAGENTA,
        "music_vae": _LATENT,
        "piano_genie": _GENIE,
        "coconet": _HARMONIZING,
    },
}
"""By setting of the site and by family the class that runs it; imported by name, since some need what may be missing.

Latent spaces are walked, and parts are added, here alone, whatever the setting: Magenta has no such steps; of Piano
Genie its package has only the training. Models of
``pianoroll_rnn_nade`` run, and have no engine: no kind of voice asks them.
"""


def make_engine(setting: str) -> Engine:
    """The engines of a setting of the site, which together run all models that it can.

    Raises:
        ModelError: if its packages are not installed, or there is no such setting.
    """
    if setting not in ENGINES:
        raise ModelError(f"there is no engine {setting!r}; known are {' and '.join(ENGINES)}")
    made = {place: _made(place, setting) for place in dict.fromkeys(ENGINES[setting].values())}
    return EngineByFamily(setting, {family: made[place] for family, place in ENGINES[setting].items()})


class EngineByFamily:
    """Hands each model to the engine that runs its family."""

    def __init__(self, name: str, engines: Mapping[Family, Engine]) -> None:
        self._name = name
        self._engines = engines
        self._of_model: dict[str, Engine] = {}

    @property
    def name(self) -> str:
        """As it is called in the site's configuration."""
        return self._name

    def load(self, model: ModelFile) -> None:
        """Make a model ready; the first note of a loop must not wait for a file.

        Raises:
            ModelError: if the file is missing, broken or of a family that no engine here runs.
        """
        family = _family_of(model)
        engine = self._engines.get(family)
        if engine is None:
            raise ModelError(f"{model.path}: {_no_engine(family, self._name)}")
        engine.load(model)
        self._of_model[model.sha256] = engine

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        """Have the model's engine compose.

        Raises:
            ModelError: if the model was not loaded or fails, or the memory is not its own.
        """
        engine = self._of_model.get(recipe.model_hash)
        if engine is None:
            raise ModelError(f"the model {recipe.model} was asked for music before it was loaded")
        return engine.generate(recipe, memory)


def _family_of(model: ModelFile) -> Family:
    card = read_card(model.path)
    try:
        return config_of(card.config).family
    except ModelError as error:
        raise ModelError(f"{model.path}: {error}") from error


def _no_engine(family: Family, setting: str) -> str:
    if not any(config.kinds for config in CONFIGS.values() if config.family == family):
        return f"is a model of {family}, which can be no kind of voice yet; give the voice another model"
    others = [name for name, families in ENGINES.items() if family in families]
    advice = f"set composer.engine to {' or '.join(others)}, or " if others else ""
    return f"is a model of {family}, which the engine {setting} does not run; {advice}give the voice another model"


def _made(place: str, setting: str) -> Engine:
    module, _, name = place.partition(":")
    try:
        imported: Any = importlib.import_module(module)
    except ImportError as error:
        raise ModelError(
            f"the engine {setting} cannot be used, since the package {error.name} is missing: install Reverie's extra "
            "'magenta' (`make magenta`, or `make install EXTRAS=magenta`), or set composer.engine to numpy, which "
            "needs nothing more"
        ) from error
    return getattr(imported, name)()
