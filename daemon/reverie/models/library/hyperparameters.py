"""What a model's weights do not show: read out of what lies beside them, or asked for, and never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.configs import ModelConfig
from reverie.models.counting import STEPS
from reverie.models.errors import ModelError
from reverie.models.library.formats.metagraph import MetaGraph
from reverie.models.library.formats.tensors import ForeignModel, without_averages
from reverie.models.lstm import FORGET_BIAS
from reverie.models.recurrent.weights import LONGEST_WINDOW, STACK, attention_of
from reverie.models.vae.model import KEY, OFFSET_DEVIATION, VELOCITY_DEVIATION

Weights = Mapping[str, NDArray[np.float32]]
Settings = dict[str, int | float | bool | str]

WINDOW, FORGET = "attention_length", "forget_bias"
_NSYNTH = ("hop", "stages", "encoder_stages", "rate")
_PUBLISHED_NSYNTH = (30, 512, 3, 30, 128, 3, 256, 16)
"""Layers, width and taps of the decoder and of the encoder of Magenta's ``h512_bo16``, its skips and its encoding."""

_WHOLE = frozenset({WINDOW, STEPS, KEY, *_NSYNTH})


def given(texts: list[str]) -> Settings:
    """Settings as a person gives them, ``NAME=VALUE``.

    Raises:
        ModelError: if one is not written so, or given twice.
    """
    found: Settings = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise ModelError(f"--set {text}: give a name and a value, such as --set {WINDOW}=40")
        if name in found:
            raise ModelError(f"--set {name} is given twice")
        found[name] = _value(name, value)
    return found


def settings_of(config: ModelConfig, read: ForeignModel, weights: Weights, wished: Mapping[str, Any]) -> Settings:
    """All settings of a model, :data:`FORGET` among them if its cells are known to add something.

    Raises:
        ModelError: if one that matters is not known, or two sources contradict each other or the weights.
    """
    known = _askable(config)
    for name in wished:
        if name not in known:
            names = f"known are {', '.join(known)}" if known else "it has none that could be given"
            raise ModelError(f"{config.name} has no setting {name!r}; {names}")
    found: Settings = {**read.settings}
    if WINDOW in known and read.graph:
        graph = MetaGraph(read.graph)
        graph.check_played()
        graph.check_weights(without_averages(read.tensors))
        found |= _agreed(found, graph.settings, "its graph")
    found |= _agreed(found, wished, "--set")
    if config.family == "nsynth":
        return _nsynth(config, weights, found)
    if config.family == "gansynth" and not read.settings:
        raise ModelError(
            "its experiment.json, which says how its specgrams are to be read, is not there; name the folder that has"
            " it and the folders stage_..., or copy it there"
        )
    if config.family == "coconet":
        from reverie.models.coconet.published import design_of

        return design_of(found, weights).as_settings()
    if WINDOW in known:
        found |= _attention(weights, found.get(WINDOW))
    return {**config.settings, **found}


def with_forget_bias(weights: Weights, bias: float) -> dict[str, NDArray[np.float32]]:
    """The weights of cells that add another forget bias than the engine, as if they added the same."""
    if bias == FORGET_BIAS:
        return dict(weights)
    changed = dict(weights)
    for name, tensor in weights.items():
        if name.startswith("layers.") and name.count(".") == 2 and name.endswith(".bias"):  # noqa: PLR2004 - a cell's
            units = len(tensor) // 4
            changed[name] = tensor.copy()
            changed[name][2 * units : 3 * units] += np.float32(bias - FORGET_BIAS)
    return changed


def _askable(config: ModelConfig) -> tuple[str, ...]:
    if config.family == "nsynth":
        return _NSYNTH
    if config.family == "pianoroll_rnn_nade":
        return (WINDOW, FORGET)
    if config.name.startswith("groovae_"):
        return (VELOCITY_DEVIATION, OFFSET_DEVIATION)
    if config.name.startswith("cat-mel"):
        return (KEY,)
    if config.family in {"music_vae", "piano_genie", "coconet", "gansynth"}:
        return ()
    return (WINDOW, FORGET, STEPS)


def _agreed(one: Mapping[str, Any], other: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    for name, value in other.items():
        if one.get(name, value) != value:
            raise ModelError(f"{where} says {name} {value}, and the model's own files say {one[name]}")
    return other


def _attention(weights: Weights, window: Any) -> Settings:
    where = attention_of(weights)
    if where is None:
        if window:
            raise ModelError(f"a window of attention ({WINDOW} {window}) is given, and it has no weights of attention")
        return {}
    if window is None:
        raise ModelError(
            "it has attention, and how many steps its window is long is in none of its files (a bundle's graph, the"
            f" .meta file of a checkpoint, the config.json of magenta.js); copy that file too, or give --set {WINDOW}=N"
            " with the attn_length it was trained with"
        )
    if not isinstance(window, int) or not 0 < window <= LONGEST_WINDOW:
        raise ModelError(f"its {WINDOW} is {window}; it must be a whole number from 1 to {LONGEST_WINDOW}")
    return {"attention": "stack"} if where == STACK else {}


def _nsynth(config: ModelConfig, weights: Weights, found: Settings) -> Settings:
    """Those of Magenta's published network belong to its sizes; of another they must be given."""
    missing = [name for name in _NSYNTH if name not in found]
    if missing and _nsynth_sizes(weights) != _PUBLISHED_NSYNTH:
        raise ModelError(
            f"its sizes are not those that Magenta published, and its {', '.join(missing)} cannot be read off them;"
            f" give {' '.join(f'--set {name}=N' for name in missing)}: {config.settings} are those of Magenta's"
        )
    return {**config.settings, **found}


def _nsynth_sizes(weights: Weights) -> tuple[int, ...]:
    from reverie.models.nsynth.weights import sizes_of

    sizes = sizes_of(weights, dict.fromkeys(_NSYNTH, 1))
    halves = [number for half in (sizes.decoder, sizes.encoder) for number in (half.layers, half.width, half.taps)]
    return (*halves, sizes.skip, sizes.bottleneck)


def _value(name: str, text: str) -> int | float:
    try:
        value = int(text) if name in _WHOLE else float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value) or (name in _WHOLE and value < 1):
        kind = "a whole number above 0" if name in _WHOLE else "a number"
        raise ModelError(f"--set {name}={text}: it must be {kind}")
    return value
