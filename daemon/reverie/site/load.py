"""Finding and reading the site's configuration."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reverie.documents import Document, DocumentError, DocumentFault, read_document, validate, without_unknown
from reverie.folders import may_be_there
from reverie.places import config_folder
from reverie.site.learned import beside, merged
from reverie.site.schema import Site

FILE = "reverie.yaml"


def load_site(path: Path | None = None, *, learned: bool = True, own: bool = False) -> Site:
    """Read the site's configuration: ``path``, or what :func:`find_site` finds, and what was learned beside it.

    Args:
        path: The site's file.
        learned: Whether what was learned counts; without it a fault in there does not matter either.
        own: Whether it is a copy that the daemon keeps.

    Raises:
        DocumentError: with every fault of the files, or if the site's is missing.
    """
    path = path or find_site()
    document, facts = read_document(path, own=own), {"folder": path.absolute().parent}
    document = without_unknown(document, Site, facts) if own else document
    if not learned or not may_be_there(beside(path)):
        return validate(document, Site, facts)
    try:
        together = merged(document, beside(path))
    except DocumentError as error:
        raise DocumentError([*error.faults, *_faults(document, facts)]) from error
    try:
        return validate(together, Site, facts)
    except DocumentError:
        if _faults(document, facts):
            raise
        # Each file is right by itself: what was learned does not fit the site.
        validate(dataclasses.replace(read_document(beside(path)), data=together.data), Site, facts)
        raise


def _faults(document: Document, facts: Mapping[str, Any]) -> tuple[DocumentFault, ...]:
    try:
        validate(document, Site, facts)
    except DocumentError as error:
        return error.faults
    return ()


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
        if may_be_there(path) and not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises
            yield path
    yield config_folder() / FILE
