"""Finding and reading the site's configuration."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from reverie.documents import DocumentError, Fault, read_document, validate
from reverie.places import config_folder
from reverie.site.learned import beside, merged
from reverie.site.schema import Site

FILE = "reverie.yaml"


def load_site(path: Path | None = None, *, learned: bool = True) -> Site:
    """Read the site's configuration: ``path``, or what :func:`find_site` finds, and what was learned beside it.

    Args:
        path: The site's file.
        learned: Whether what was learned counts; without it a fault in there does not matter either.

    Raises:
        DocumentError: with every fault of the files, or if the site's is missing.
    """
    path = path or find_site()
    document = read_document(path)
    faults: tuple[Fault, ...] = ()
    if learned:
        try:
            document = merged(document, beside(path))
        except DocumentError as error:
            faults = error.faults
    try:
        site = validate(document, Site, {"folder": path.absolute().parent})
    except DocumentError as error:
        raise DocumentError([*faults, *error.faults]) from error
    if faults:
        raise DocumentError(faults)
    return site


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
