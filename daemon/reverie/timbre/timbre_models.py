"""The timbre models that scenes can name, and how each is opened."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reverie.documents import did_you_mean
from reverie.folders import list_folder, patiently
from reverie.models.configs import config_of
from reverie.models.errors import ModelError
from reverie.models.library.card import SUFFIX, read_card
from reverie.models.library.index import ModelFile, read_model_file
from reverie.models.nsynth.decoder_name import DecoderName
from reverie.timbre.errors import TimbreError
from reverie.timbre.render.abilities import Abilities

if TYPE_CHECKING:
    from reverie.models.library.bundle import Bundle
    from reverie.timbre.render.renderer import Renderer

DEFAULT = "default"
"""What scenes call the timbre model that is best for sounds that are no points of a model's own space."""
_DEFAULT_FAMILY = "signals"
PUBLISHED = ("nsynth", "gansynth")
"""The families, and what scenes call the model of each that Magenta publishes."""


def timbre_models(folders: Sequence[Path]) -> dict[str, ModelFile]:
    """All timbre models in ``folders`` by the names that scenes may use, a later folder's hiding an earlier one's.

    The first folder is the shipped one, whose renderer of signals is ``default`` too. ``nsynth`` and ``gansynth`` are
    what was pulled or imported under that name, or else the first of that family in the site's own folders. Files that
    cannot be used are left out; :func:`timbre_model` says why.
    """
    found: dict[str, ModelFile] = {}
    families: dict[str, ModelFile] = {}
    for number, folder in enumerate(folders):
        for model, family in _in(folder):
            found[model.name] = model
            if number or family == _DEFAULT_FAMILY:
                families.setdefault(family if number else DEFAULT, model)
    return families | found


def timbre_model(name: str, folders: Sequence[Path]) -> ModelFile:
    """The timbre model of that name.

    Raises:
        TimbreError: if there is none; it says how to get it.
        ModelError: if its file is damaged, or is no timbre model.
    """
    models = timbre_models(folders)
    if name in models:
        return models[name]
    for path in (folder / f"{name}{SUFFIX}" for folder in reversed(folders)):
        if path.exists():
            _family_of(path)
    if name in PUBLISHED:
        raise TimbreError(f"the timbre model {name} is not installed; `reverie models pull {name}` gets it")
    raise TimbreError(f"there is no timbre model {name!r}{did_you_mean(name, models) or '; none is installed'}")


def open_timbre_model(path: Path, threads: int = 2, *, decoder: DecoderName = "numpy") -> Renderer:
    """A timbre model at work on so many ``threads``; an NSynth's notes are computed by ``decoder``.

    Raises:
        ModelError: if its file is missing or damaged, or the decoder is not installed.
        TimbreError: if it is no timbre model.
    """
    from reverie.models.library.bundle import read_bundle

    return _FAMILIES[_family_of(path)].open(read_bundle(path), threads, decoder)


def abilities_of(path: Path) -> Abilities:
    """What the timbre model in a file can do.

    Raises:
        ModelError: if its file is missing or damaged.
        TimbreError: if it is no timbre model.
    """
    return _FAMILIES[_family_of(path)].abilities


def _in(folder: Path) -> Iterator[tuple[ModelFile, str]]:
    """The timbre models of a folder that can be used, with their families."""
    for path in list_folder(folder).ending(SUFFIX):
        with contextlib.suppress(ModelError, TimbreError, TimeoutError):
            yield patiently(path, partial(_read_with_family, path))


def _read_with_family(path: Path) -> tuple[ModelFile, str]:
    return read_model_file(path), _family_of(path)


def _family_of(path: Path) -> str:
    """The family of a timbre model.

    Raises:
        ModelError: if its file is missing or damaged.
        TimbreError: if it is another kind of model.
    """
    config = config_of(read_card(path).config)
    if config.family not in _FAMILIES:
        raise TimbreError(f"{path} makes notes, not sounds (its configuration is {config.name}); name a timbre model")
    return config.family


@dataclass(frozen=True, slots=True)
class TimbreFamily:
    """How the bundles of a family are opened, and what its models can do."""

    open: Callable[[Bundle, int, DecoderName], Renderer]
    abilities: Abilities


def _gansynth(bundle: Bundle, threads: int, decoder: DecoderName) -> Renderer:
    from reverie.models.gansynth import listener
    from reverie.timbre.render.gansynth import GanSynth

    del decoder  # it is NSynth's
    hears = any(map(listener.has, bundle.weights))
    return GanSynth(bundle, listener.Listener(bundle) if hears else None, threads)


def _nsynth(bundle: Bundle, threads: int, decoder: DecoderName) -> Renderer:
    from reverie.timbre.render.nsynth import NSynth

    return NSynth(bundle, threads, decoder)


def _signals(bundle: Bundle, threads: int, decoder: DecoderName) -> Renderer:
    from reverie.timbre.render.signal_renderer import SignalRenderer

    del threads, decoder  # a note is made sooner than threads are begun
    return SignalRenderer(bundle)


_FAMILIES: Mapping[str, TimbreFamily] = {
    "gansynth": TimbreFamily(_gansynth, Abilities(search=1)),
    "signals": TimbreFamily(_signals, Abilities(velocities=True, variations=True, unpitched=True, hears=48_000)),
    "nsynth": TimbreFamily(_nsynth, Abilities(variations=True, unpitched=True)),
}
