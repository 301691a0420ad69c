"""What Magenta leaves beside a Coconet's weights: a file ``config``, or for its model for browsers nothing.

Sources: ``load_hparams`` in ``lib_hparams.py``, Magenta 2.1.4; ``music/src/coconet/model.ts`` in magenta.js 1.23.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from reverie.files import read_file
from reverie.models.coconet.design import PUBLISHED, CoconetDesign
from reverie.models.coconet.weights import Tensors, count_layers
from reverie.models.errors import ModelError

CONFIG = "config"
"""The file's name, beside the checkpoint."""
_LONGEST = 100_000
_LAYERS = 33
"""Of the published model, which are all separable."""


def read_hparams(folder: Path) -> CoconetDesign | None:
    """What the file ``config`` in a checkpoint's folder says; None if there is none, or it is of another model.

    Raises:
        ModelError: if it is of a Coconet that is not played here.
        OSError: if it cannot be read.
    """
    path = folder / CONFIG
    if not path.is_file():
        return None
    try:
        told: Any = yaml.safe_load(read_file(path, _LONGEST))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not {"num_instruments", "min_pitch", "num_filters"} & set(cast("Any", told)):
        return None
    return CoconetDesign.of_hparams(cast("Mapping[str, Any]", told))


def design_of(settings: Mapping[str, Any], weights: Tensors) -> CoconetDesign:
    """The design that settings say; where there are none, that of the published model, if the weights are like its.

    Raises:
        ModelError: if it is not known.
    """
    if settings:
        return CoconetDesign.of(settings)
    if count_layers(weights) == _LAYERS and all(f"layers.{number}.pointwise" in weights for number in range(_LAYERS)):
        return PUBLISHED
    raise ModelError(
        "its config, which says how far apart the taps of its layers are and what pitches it has, is not there; copy it"
        " into the folder of the checkpoint"
    )
