"""Makes a run-time bundle of a model in a foreign format: weights renamed and checked, the model asked once."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.advice import advice_on
from reverie.errors import reason_of
from reverie.models.configs import CONFIGS, ModelConfig, config_of
from reverie.models.errors import ModelError
from reverie.models.golden import with_golden
from reverie.models.library.browser_config import check_told
from reverie.models.library.bundle import Bundle, make_bundle, read_bundle, write_bundle
from reverie.models.library.card import SUFFIX, ModelCard
from reverie.models.library.comparison import Comparison, NotComparedError, compare
from reverie.models.library.formats.mag import MAGENTA_BUNDLE
from reverie.models.library.formats.reading import fingerprint, read_source
from reverie.models.library.formats.tensors import ForeignModel, Tensors
from reverie.models.library.hyperparameters import FORGET, settings_of, with_forget_bias
from reverie.models.lstm import FORGET_BIAS

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_ENDINGS = (".mag", ".tar.gz", ".tgz", ".tar", ".zip", ".index", ".meta")
_OF_THEIR_OWN = frozenset(
    {"music_vae", "pianoroll_rnn_nade", "piano_genie", "coconet", "gansynth", "nsynth", "signals"}
)
"""Families that are no sequence of one event at a time, and so have names and sizes of their own."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What is known of a model beside its file; what is empty is taken from the file.

    ``source`` and ``training`` are facts for its model card. ``replace`` allows an installed model to be overwritten.
    ``settings`` are what neither its weights nor its files show. ``compare`` has Magenta, where it is installed, play
    the graph in a bundle of its own too, which takes seconds.
    """

    name: str = ""
    config: str = ""
    source: Mapping[str, Any] = field(default_factory=dict[str, Any])
    training: Mapping[str, Any] = field(default_factory=dict[str, Any])
    replace: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    compare: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """A model that was imported, sentences that a person should read, and how near it is to Magenta if known."""

    path: Path
    card: ModelCard
    notes: tuple[str, ...] = ()
    compared: Comparison | None = None


def import_model(source: Path, folder: Path, request: ImportRequest | None = None) -> Imported:
    """Read a model in a foreign format and write it into ``folder`` as a run-time bundle.

    Raises:
        ModelError: if it cannot be read, does not fit its configuration, plays other music than Magenta, or is there
            already; nothing is written then.
    """
    request = request or ImportRequest()
    name = request.name or name_of(source)
    check_name(name)
    path = folder / f"{name}{SUFFIX}"
    if path.exists() and not request.replace:
        raise ModelError(f"{path} is there already; give another --name, or --replace")
    read = read_source(source)
    try:
        config = _config(read, request.config)
        check_told(config, read.told)
        weights = _not_empty(_weights(config, read))
        settings = settings_of(config, read, weights, request.settings)
        weights = with_forget_bias(weights, float(settings.pop(FORGET, FORGET_BIAS)))
    except ModelError as error:
        absent = f" (the files of {', '.join(read.absent)} are not there)" if read.absent else ""
        raise ModelError(f"{source}: {error}{absent}") from error
    facts = {"file": source.name, "format": read.format, "sha256": fingerprint(source), **read.facts, **request.source}
    card = ModelCard(name, config.name, settings=settings, source=facts, training=request.training)
    try:
        with np.errstate(all="ignore"):  # what comes of absurd weights is looked at
            bundle = with_golden(make_bundle(card, weights))
        compared, notes = _compared(source, read, bundle) if request.compare else (None, [])
    except ModelError as error:
        raise ModelError(f"{source}: {error}") from error
    try:
        write_bundle(path, bundle)
    except OSError as error:
        advice = f"{advice_on(error, path)}, or name another folder with --to"
        raise ModelError(f"{path}: cannot be written ({reason_of(error)}); {advice}") from error
    notes += [f"{variable} is listed in {source.name}, but its file is not there" for variable in read.absent]
    return Imported(path, bundle.card, tuple(notes), compared)


def read_any_bundle(path: Path) -> Bundle:
    """A bundle in the run-time format, or one of Magenta's.

    Raises:
        ModelError: if it is neither, or damaged.
    """
    if path.suffix != ".mag":
        return read_bundle(path)
    with tempfile.TemporaryDirectory() as folder:
        return read_bundle(import_model(path, Path(folder)).path)


def check_name(name: str) -> None:
    """Whether a model can be called that.

    Raises:
        ModelError: if not.
    """
    if not _NAME.fullmatch(name):
        raise ModelError(f"{name!r} is no name for a model: letters, digits, dots and dashes are; give --name")


def name_of(source: Path) -> str:
    """What a model is called where nobody says otherwise."""
    name = source.resolve().name
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name


def _config(read: ForeignModel, wished: str) -> ModelConfig:
    name = wished or read.config
    if name:
        return config_of(name)
    fits = _fitting(read.tensors, CONFIGS.values())
    known = ", ".join(fits or CONFIGS)
    why = "its sizes fit" if fits else "there are"
    raise ModelError(f"a {read.format} does not say which configuration it is; give --model-config: {why} {known}")


def _compared(source: Path, read: ForeignModel, bundle: Bundle) -> tuple[Comparison | None, list[str]]:
    """How near the model is to Magenta's graph of it, or why that is not known; neither where there is no such graph.

    Raises:
        ModelError: if they are two models.
    """
    if read.format != MAGENTA_BUNDLE or config_of(bundle.card.config).family in _OF_THEIR_OWN:
        return None, []
    try:
        return compare(source, bundle), []
    except NotComparedError as error:
        return None, [str(error)]


def _not_empty(weights: Tensors) -> Tensors:
    if empty := sorted(name for name, tensor in weights.items() if not tensor.size):
        raise ModelError(f"{empty[0]} has no numbers in it")
    return weights


def _weights(config: ModelConfig, read: ForeignModel) -> Tensors:  # noqa: PLR0911 - one for each family
    """The weights under the names that the engine of ``config`` reads.

    Raises:
        ModelError: if they are not those of such a model.
    """
    tensors = read.tensors
    if config.family == "music_vae":
        from reverie.models.vae.weights import weights_from as vae_weights_from

        return vae_weights_from(config.name, tensors, read.absent)
    if config.family == "pianoroll_rnn_nade":
        from reverie.models.nade.weights import weights_from as nade_weights_from

        return nade_weights_from(tensors)
    if config.family == "piano_genie":
        from reverie.models.genie.weights import weights_from as genie_weights_from

        return genie_weights_from(tensors)
    if config.family == "coconet":
        from reverie.models.coconet.weights import weights_from as coconet_weights_from

        return coconet_weights_from(tensors)
    if config.family == "gansynth":
        from reverie.models.gansynth.weights import weights_from as gansynth_weights_from

        return gansynth_weights_from(tensors)
    if config.family == "nsynth":
        from reverie.models.nsynth.weights import weights_from as nsynth_weights_from

        return nsynth_weights_from(tensors)
    from reverie.models.recurrent.weights import weights_from

    weights = weights_from(tensors)
    found, needed = _sizes(weights), _sizes_needed(config)
    if found != needed:
        fits = _fitting(tensors, CONFIGS.values())
        remedy = f"it fits {' or '.join(fits)}: give --model-config" if fits else "no configuration has such sizes"
        raise ModelError(
            f"it hears {found[0]} numbers and tells {found[1]} classes apart, and {config.name} needs {needed[0]} and"
            f" {needed[1]}; {remedy}"
        )
    return weights


def _fitting(tensors: Tensors, configs: Iterable[ModelConfig]) -> list[str]:
    """The recurrent configurations whose encoding has the sizes of the weights."""
    from reverie.models.recurrent.weights import weights_from

    try:
        sizes = _sizes(weights_from(tensors))
    except ModelError:
        return []
    return [config.name for config in configs if config.family not in _OF_THEIR_OWN and _sizes_needed(config) == sizes]


def _sizes(weights: Mapping[str, NDArray[np.float32]]) -> tuple[int, int]:
    """How many numbers a recurrent model hears, and how many classes it tells apart."""
    if "layers.0.projection.kernel" in weights:
        heard = weights["layers.0.projection.kernel"].shape[0]
    else:
        wide, gates = weights["layers.0.kernel"].shape
        heard = wide - gates // 4
    return heard, weights["output.bias"].shape[0]


def _sizes_needed(config: ModelConfig) -> tuple[int, int]:
    from reverie.models.encodings.encodings import encoding_of

    encoding = encoding_of(config.name)
    return encoding.input_size, sum(encoding.classes)
