"""A GANSynth as Magenta's trainer leaves it: ``experiment.json``, and a folder with a checkpoint for each stage.

After ``load_from_path`` in ``magenta/models/gansynth/lib/model.py`` and ``lib/data_normalizer.py``, Magenta 2.1.4.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from reverie.files import read_file
from reverie.models.errors import ModelError
from reverie.models.gansynth.gan_config import kept, normalizer
from reverie.models.library.formats.checkpoint import read_checkpoint
from reverie.models.library.formats.tensors import ForeignModel

EXPERIMENT = "experiment.json"
_DIGITS = 9


def read_experiment(folder: Path, stage: Path | None = None) -> ForeignModel:
    """The generator of a stage, the last if none is named, with the settings that its weights do not show.

    Raises:
        ModelError: if it is damaged, was not trained to its end, or is of a kind that is not played here.
    """
    try:
        read: Any = json.loads(read_file(folder / EXPERIMENT))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"its {EXPERIMENT} cannot be read ({error})") from error
    if not isinstance(read, dict):
        raise ModelError(f"its {EXPERIMENT} has no settings in it")
    stored = cast("dict[str, Any]", read)
    stages = sorted(path for path in folder.glob("stage_*") if path.is_dir())
    if not stages and stage is None:
        raise ModelError("has no folder stage_... with weights")
    stage = stage or stages[-1]
    _check_trained(stage.name, stored)
    tensors = {**read_checkpoint(stage), **normalizer(stored)}
    return ForeignModel("GANSynth checkpoint", tensors, "gansynth", kept(stored), facts={"stage": stage.name})


def _check_trained(stage: str, stored: Mapping[str, Any]) -> None:
    """Whether the last block was trained to its end; in a stage before it would have to be mixed with that before.

    Raises:
        ModelError: if not.
    """
    resolutions = stored.get("num_resolutions", 7)
    if not isinstance(resolutions, int):
        raise ModelError(f"its num_resolutions is {resolutions!r}; it must be a whole number")
    last = 2 * resolutions - 2
    number = stage.removeprefix("stage_")
    if not number.isdecimal() or len(number) > _DIGITS or int(number) < last:
        raise ModelError(f"its training came to {stage} and ends with stage_{last:05}; train it to its end")
