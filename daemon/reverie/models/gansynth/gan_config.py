"""What a GANSynth's weights do not show: how its specgrams stand for audio, and which pitches its labels are.

It stands in the ``settings`` of a run-time bundle under the names of Magenta's hyperparameters
(``set_flags`` in ``magenta/models/gansynth/lib/model.py``), and ``pitches``, which Magenta keeps in its code.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError

Kind = Literal["mel", "linear", "phase"]
"""Mel or linear bins with instantaneous frequency, or linear bins with the phase itself."""

_DEFAULTS: Mapping[str, int | str] = {
    "data_type": "mel",
    "audio_length": 64000,
    "sample_rate": 16000,
    "scale_mode": "ALL",
    "scale_base": 2,
    "to_rgb_activation": "tanh",
    "pitches": "24-84",
}
"""Magenta's; its data set's pitches are those of NSynth that are not too rare."""

_PRESPECIFIED = "specgrams_prespecified_normalizer"
_NORMALIZER = {
    "mag_normalizer_a": 0.0661371661726,
    "mag_normalizer_b": 0.113718730221,
    "p_normalizer_a": 0.8,
    "p_normalizer_b": 0.0,
}

_PITCHES = re.compile(r"\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*")
_HIGHEST_PITCH = 127
_LARGEST = 10_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How a specgram becomes ``samples`` at ``rate``, and the MIDI pitches of the labels, ascending.

    ``scale`` is by how much a block of the generator is higher and wider than the block before.
    """

    kind: Kind
    samples: int
    rate: int
    scale: tuple[int, int]
    bounded: bool
    pitches: tuple[int, ...]


def settings_from(stored: Mapping[str, Any]) -> Settings:
    """Read the settings of a bundle, or Magenta's hyperparameters; what is missing is Magenta's default.

    Raises:
        ModelError: if one is of a model that cannot be played here.
    """
    values = {**_DEFAULTS, **stored}
    base = _positive(values, "scale_base")
    return Settings(
        kind=_one_of(values, "data_type", get_args(Kind)),
        samples=_positive(values, "audio_length"),
        rate=_positive(values, "sample_rate"),
        scale=(base, base if _one_of(values, "scale_mode", ("ALL", "H")) == "ALL" else 1),
        bounded=_one_of(values, "to_rgb_activation", ("tanh", "linear")) == "tanh",
        pitches=_pitches(values["pitches"]),
    )


def kept(stored: Mapping[str, Any]) -> dict[str, int | float | bool | str]:
    """The settings that a bundle needs, out of all of Magenta's hyperparameters.

    Raises:
        ModelError: if one is of a model that cannot be played here.
    """
    values: dict[str, Any] = {**_DEFAULTS, **{name: stored[name] for name in _DEFAULTS if name in stored}}
    if isinstance(values["pitches"], list):
        values["pitches"] = ",".join(map(str, cast("list[object]", values["pitches"])))
    settings_from(values)
    return values


def normalizer(stored: Mapping[str, Any]) -> dict[str, NDArray[np.float32]]:
    """What the generator's specgrams are scaled and shifted by, in the tensors of a run-time bundle.

    Raises:
        ModelError: if that is not among the hyperparameters.
    """
    kind = stored.get("data_normalizer", _PRESPECIFIED)
    if kind not in (_PRESPECIFIED, "none"):
        raise ModelError(f"its data_normalizer is {kind!r}; models with {_PRESPECIFIED} or none can be played")
    values = {**_NORMALIZER, **{name: stored[name] for name in _NORMALIZER if name in stored}}
    if kind == "none":
        values = dict(zip(_NORMALIZER, (1.0, 0.0, 1.0, 0.0), strict=True))
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST:
            raise ModelError(f"its {name} is {value!r}; it must be a number")
    numbers = np.array(list(values.values()), np.float32)
    return {"normalizer.scale": numbers[::2].copy(), "normalizer.shift": numbers[1::2].copy()}


def _one_of(values: Mapping[str, Any], name: str, known: Sequence[str]) -> Any:
    if values[name] not in known:
        raise ModelError(f"its {name} is {values[name]!r}; models with {' or '.join(known)} can be played")
    return values[name]


def _positive(values: Mapping[str, Any], name: str) -> int:
    value = values[name]
    if not isinstance(value, int) or not 0 < value < _LARGEST:
        raise ModelError(f"its {name} is {value!r}; it must be a whole number above 0")
    return value


def _pitches(text: object) -> tuple[int, ...]:
    """Pitches and ranges of them, such as ``24-84`` or ``48,52,56-60``, in ascending order.

    Raises:
        ModelError: if they are none.
    """
    if isinstance(text, str) and _PITCHES.fullmatch(text):
        ends = [[int(end) for end in part.split("-")] for part in text.split(",")]
        pitches = tuple(pitch for end in ends for pitch in range(end[0], end[-1] + 1))
        if pitches and pitches[-1] <= _HIGHEST_PITCH and all(a < b for a, b in itertools.pairwise(pitches)):
            return pitches
    raise ModelError(f"its pitches are {text!r}; they must be MIDI pitches in ascending order, such as 24-84")
