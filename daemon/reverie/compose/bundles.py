"""The models that scenes can name: shipped ones, and those a site adds in a folder of its own.

Beside every ``NAME.mag`` stands its passport ``NAME.json``, which says what the model is and what its file hashes to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from reverie.compose.engine import Bundle
from reverie.compose.recipe import Kind
from reverie.models.errors import ModelError

_KINDS: dict[str, tuple[Kind, ...]] = {"drums": ("drums",), "melody": ("melody", "bass")}


def find_bundles(folders: Iterable[Path]) -> tuple[dict[str, Bundle], list[str]]:
    """All bundles in ``folders``, a later folder's hiding an earlier one's of the same name.

    Returns:
        The bundles by name, and a sentence for each file that cannot be used.
    """
    found: dict[str, Bundle] = {}
    faults: list[str] = []
    for folder in folders:
        for path in sorted(folder.glob("*.mag")):
            try:
                found[path.stem] = read_bundle(path)
            except ModelError as error:
                faults.append(str(error))
    return found, faults


def read_bundle(path: Path) -> Bundle:
    """Check a bundle against its passport.

    Raises:
        ModelError: if either is missing or unreadable, or they do not belong together.
    """
    passport = path.with_suffix(".json")
    try:
        data: dict[str, Any] = json.loads(passport.read_text(encoding="utf-8"))
        kinds, expected = _KINDS[data["kind"]], data["sha256"]
    except OSError as error:
        raise ModelError(f"{path}: its passport {passport.name} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{passport}: is no passport of a model; it needs a kind and a sha256") from error
    try:
        actual = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
    if actual != expected:
        raise ModelError(f"{path}: is damaged, or not the file its passport {passport.name} describes")
    return Bundle(path.stem, path, actual, kinds)
