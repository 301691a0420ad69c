"""The sound files that a scene names."""

from __future__ import annotations

from typing import Any

from reverie.documents import Document
from reverie.scenes.timbre_sources import SHIPPED


def sounds_named(document: Document) -> tuple[str, ...]:
    """The files of the sources of its timbres, whether they are there and the scene is right or not."""
    named: list[str] = []
    for way in document.values:
        match way:
            case (
                ("timbres", str(), "sources", str())
                | ("timbres", str(), "sources", str(), "file")
                | ("timbres", str(), "sources", str(), "kit", str())
                | ("timbres", str(), "sources", str(), "kit", str(), "file")
            ):
                value: Any = document.data
                for step in way:
                    value = value[step]
                named += [value] if isinstance(value, str) and not value.startswith(SHIPPED) else []
            case _:
                pass
    return tuple(dict.fromkeys(named))
