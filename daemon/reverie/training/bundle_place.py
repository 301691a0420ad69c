"""Where a model that was trained is written: under a name that a model can have, and over no model of others."""

from __future__ import annotations

import glob
from pathlib import Path

from reverie.files import check_writable
from reverie.models.errors import ModelError
from reverie.models.library.card import SUFFIX
from reverie.models.library.importing import check_name
from reverie.training.errors import TrainingError
from reverie.training.workspace import Workspace

ENDINGS = (".mag", ".tar", SUFFIX)
"""Of the files of a model: what Magenta's own programs read, of one family or another, and what Reverie plays."""


def check_place(out: Path, workspace: Workspace, *, replace: bool) -> None:
    """See whether a model may be written to ``out``, without an ending; it is asked before hours are spent on training.

    Raises:
        TrainingError: if it cannot be called that, or there is another model.
        OSError: if the folder cannot be written.
    """
    if out.is_dir():
        raise TrainingError(f"{out}: is a folder; name a model in it with --out, such as {out / 'mine'}")
    try:
        check_name(out.name)
    except ModelError:
        raise TrainingError(
            f"{out.name!r} is no name for a model: letters, digits, dots and dashes are; name another with --out"
        ) from None
    files = [out.parent / f"{out.name}{ending}" for ending in ENDINGS]
    ours = (workspace.manifest("bundle") or {}).get("out") == str(files[-1].resolve())
    there = next((path for path in files if path.exists()), None)
    if there and not ours and not replace:
        raise TrainingError(
            f"{there}: is there already, and is not of this training; name another file with --out, or give --replace"
        )
    try:
        check_writable(files[-1])
    except OSError as error:  # it names the file that was tried
        raise OSError(error.errno, error.strerror, str(out.parent)) from error


def remove_drafts(out: Path) -> None:
    """Remove what a kill in the middle of writing has left; nobody else writes that model now."""
    for ending in ENDINGS:
        for path in out.parent.glob(f".{glob.escape(out.name)}{ending}.????????"):
            path.unlink(missing_ok=True)
