"""Every model of these families that Magenta publishes, and where: facts only, in ``catalogue.json``.

``licence`` is that of the two repositories that publish the models; the weights have no licence text of their own.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from reverie.models.errors import ModelError

_FILE = "catalogue.json"

Format = Literal["mag", "tar", "zip", "magenta.js"]


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """A published model.

    ``config`` is None for a model whose configuration Reverie does not have; it can be listed, but not pulled, and
    ``why_not`` says why it cannot sound. ``url`` is a file's, or a folder's for magenta.js. ``megabytes`` is there
    where the publisher says it.
    """

    name: str
    config: str | None
    format: Format
    url: str
    description: str
    licence: str
    megabytes: float | None = None
    why_not: str = ""


@functools.cache
def catalogue() -> Mapping[str, PublishedModel]:
    """All published models by name."""
    data: dict[str, Any] = json.loads(files("reverie.models.library").joinpath(_FILE).read_text(encoding="utf-8"))
    entries = [PublishedModel(licence=data["licence"], **row) for row in data["models"]]
    return {entry.name: entry for entry in entries}


def entry_of(name: str) -> PublishedModel:
    """The published model of that name.

    Raises:
        ModelError: if there is none.
    """
    try:
        return catalogue()[name]
    except KeyError:
        raise ModelError(f"no model {name!r} is published; `reverie models list` shows what is") from None
