"""The models that scenes can name: shipped ones, and those a site adds in a folder of its own.

Only headers are read here, so that a process that runs no model stays small.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from reverie.folders import list_folder, patiently
from reverie.models.configs import ChordAlphabetName, config_of
from reverie.models.counting import StepCounting, counting_of
from reverie.models.errors import ModelError
from reverie.models.library.card import SUFFIX, ModelCard, read_card, read_header

_COUNTS_NOTHING = StepCounting()
_ENCODER = "encoder."
"""How the names of weights begin that hear."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A run-time bundle: its name in scenes, where it lies, what identifies it, which kinds of voice it can be.

    Equal ``sha256`` means equal answers: it is the hash of the config, its settings and the weights. ``counting``
    says how far it knows its place in the bar, and ``chords`` how it is told the harmony. ``metre`` is the only one
    that it knows, where that is a single one, and ``latent`` says whether it has a latent space of music, in which
    what is written has a place only if it ``hears``: some are published without an encoder. ``operators`` are those
    that it plays for voices of other models, and ``parts`` the kinds of voice that play it together.
    """

    name: str
    path: Path
    sha256: str
    kinds: tuple[str, ...]
    counting: StepCounting = _COUNTS_NOTHING
    chords: ChordAlphabetName = ""
    metre: str = ""
    latent: bool = False
    hears: bool = True
    operators: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


def find_models(folders: Iterable[Path]) -> tuple[dict[str, ModelFile], dict[Path, str]]:
    """All models in ``folders`` that a voice can name, a later folder's hiding an earlier one's of the same name.

    Returns:
        The models by name, and a sentence for each file or folder that cannot be used.
    """
    found: dict[str, ModelFile] = {}
    faults: dict[Path, str] = {}
    imported: set[str] = set()
    for folder in folders:
        listing = list_folder(folder, may_be_missing=True)
        if listing.sentence:
            faults[folder] = listing.sentence
        for path in listing.ending(SUFFIX):
            try:
                model, file = patiently(path, partial(_read_with_source, path))
            except (ModelError, TimeoutError) as error:
                faults[path] = str(error) if isinstance(error, ModelError) else f"{path} does not answer"
            else:
                imported.add(file)
                if model.kinds or model.operators:
                    found[model.name] = model
        faults |= {
            path: f"{path}: Magenta's own bundles are not read while the music plays; "
            f"`reverie models import {path} --to {folder}` makes a model of it that is"
            for path in listing.ending(".mag")
            if path.name not in imported
        }
    return found, faults


def _read_with_source(path: Path) -> tuple[ModelFile, str]:
    return read_model_file(path), str(read_card(path).source.get("file"))


def read_model_file(path: Path) -> ModelFile:
    """What a file is, by its model card.

    Raises:
        ModelError: if it is damaged, none of Reverie's models, or of a config that this version does not know.
    """
    header = read_header(path)
    card, config = header.card, config_of(header.card.config)
    return ModelFile(
        path.stem,
        path,
        identity(card),
        config.kinds,
        counting_of(card),
        config.chords,
        metre=config.metre,
        latent=config.latent,
        hears=not config.latent or any(name.startswith(_ENCODER) for name in header.shapes),
        operators=config.operators,
        parts=config.parts,
    )


def identity(card: ModelCard) -> str:
    """The hash of all that decides what a model answers; its name, source and training do not."""
    said = asdict(card)
    decisive = {key: said[key] for key in ("config", "settings", "weights")}
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
