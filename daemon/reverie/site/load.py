"""Finding and reading the site's configuration."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from reverie.documents import read_document, validate
from reverie.places import config_folder
from reverie.site.schema import Site

FILE = "reverie.yaml"


def load_site(path: Path | None = None) -> Site:
    """Read the site's configuration: ``path``, or what :func:`find_site` finds.

    Raises:
        DocumentError: with every fault of the file, or if it is missing.
    """
    path = path or find_site()
    return validate(read_document(path), Site, {"folder": path.absolute().parent})


def find_site(environment: Mapping[str, str] = os.environ) -> Path:
    """The file of the configuration that counts.

    ``$REVERIE_CONFIG`` counts even if there is no such file, since whoever set it meant it; then come the working
    folder, the system's, and what is shipped.
    """
    return next(_candidates(environment))


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    if given := environment.get("REVERIE_CONFIG"):
        yield Path(given)
    for path in (Path("config") / FILE, Path("/etc/reverie") / FILE):
        if path.is_file():
            yield path
    yield config_folder() / FILE
