"""Whether the site's files on disk are still those that count: looked at now and then, while the music plays."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from reverie.documents import DocumentError
from reverie.site.learned import beside
from reverie.site.load import load_site
from reverie.site.schema import Site
from reverie.watch.fault_kinds import CONFIGURATION, CONFIGURATION_CHANGED
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two looks."""
_MOST_TOLD = 3

Marks = tuple[tuple[int, int, int, int] | None, ...]


class SiteWatch:
    """Compares what a site's files say with what was put in force at the start, and how much room its folders have.

    It has a thread of its own, which may hang for ever in a share that is gone, and holds up nothing.
    """

    def __init__(
        self, path: Path, in_force: Site, folders: Mapping[str, Path], faults: Faults, instead: str = ""
    ) -> None:
        self._path = path
        self._in_force = in_force
        self._instead = instead or "what was read at the start"
        self._folders = folders
        self._faults = faults
        self._marks: Marks | None = None
        self.free: dict[str, float] = {}
        """Bytes that are free in each of the folders, as far as could be seen."""

    def start(self) -> None:
        """Look at the files now, and now and then from now on."""
        self.look()
        threading.Thread(target=self._run, name="site-watch", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                self.look_for_room()
                time.sleep(EVERY)
                self.look()
            except Exception:
                log.exception("The configuration could not be looked at; it is tried again.")
                time.sleep(EVERY)

    def look(self) -> None:
        """See what has changed in the files since the last look."""
        marks = _mark(self._path), _mark(beside(self._path))
        if marks == self._marks:
            return
        try:
            site = load_site(self._path)
        except DocumentError as error:
            self._marks = marks
            sentences = [str(fault) for fault in error.faults]
            more = len(sentences) - _MOST_TOLD
            told = "; ".join(sentences[:_MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")
            self._faults.clear(CONFIGURATION_CHANGED)
            self._faults.tell(
                CONFIGURATION,
                str(self._path),
                f"The configuration on disk is at fault, and {self._instead} counts: {told}",
            )
            return
        self._marks = marks
        self._faults.clear(CONFIGURATION)
        if site == self._in_force:
            self._faults.clear(CONFIGURATION_CHANGED)
        else:
            self._faults.tell(
                CONFIGURATION_CHANGED,
                str(self._path),
                "The configuration on disk has been changed and does not count yet",
            )

    def look_for_room(self) -> None:
        """See how much room the folders have."""
        for name, folder in self._folders.items():
            try:
                self.free[name] = shutil.disk_usage(folder).free
            except OSError:
                self.free.pop(name, None)


def _mark(path: Path) -> tuple[int, int, int, int] | None:
    """What tells a file's content from another, without reading it."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev
