# pyright: basic
# Magenta has no types.
"""Run-time bundles back into Magenta's: a ``.mag`` that stock programs and plug-ins of Magenta's read."""

from __future__ import annotations

import tempfile
from pathlib import Path

from reverie.files import write_atomically
from reverie.magenta.families import family_of
from reverie.magenta.weighted_models import hparams_of, weighted_generator
from reverie.models.errors import ModelError
from reverie.models.library.bundle import read_bundle


def export_magenta(path: Path, out: Path) -> None:
    """Write a recurrent model as one of Magenta's bundles.

    Args:
        path: a run-time bundle.
        out: the ``.mag``; it is written whole or not at all.

    Raises:
        ModelError: if it is damaged, or of a family of which Magenta has no bundles.
        OSError: if it cannot be written.
    """
    bundle = read_bundle(path)
    name = bundle.card.config
    try:
        family = family_of(name)
    except KeyError:
        raise ModelError(
            f"{path}: is of {name}; Magenta's bundles are of DrumsRNN, MelodyRNN, ImprovRNN, PolyphonyRNN and"
            " PerformanceRNN only"
        ) from None
    config = family.config(name, hparams_of(bundle))
    told = bundle.card.source.get("description") or bundle.card.training.get("description") or bundle.card.name
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft.mag"
        with weighted_generator(family, config, bundle, str(path)) as generator:
            generator.create_bundle_file(str(draft), told)
        write_atomically(out, draft.read_bytes())
