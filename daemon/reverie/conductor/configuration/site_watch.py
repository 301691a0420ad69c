"""Whether the site's files on disk are still those that count: looked at while the music plays, and taken over."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from reverie.conductor.configuration.secrets_first import Unread, unread_secrets, without
from reverie.conductor.configuration.site_taking import SiteTaken, SiteTaking
from reverie.documents import DocumentError
from reverie.file_changes import FolderEvents
from reverie.site.learned import beside
from reverie.site.load import load_site
from reverie.site.schema import Site
from reverie.watch.fault_kinds import CONFIGURATION, CONFIGURATION_CHANGED
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two looks, where nothing wakes it."""
SETTLED, MOST_LOOKS = 0.3, 10
"""Seconds in which files that have changed must stay as they are, and how often that is waited for."""
_MOST_TOLD = 3

Marks = tuple[tuple[int, int, int, int] | None, ...]


class SiteWatch:
    """Compares what a site's files say with what is in force, and looks how much room its folders have.

    It has a thread of its own, which may hang for ever in a share that is gone, and holds up nothing.
    """

    def __init__(
        self, path: Path, in_force: Site, folders: Mapping[str, Path], faults: Faults, instead: str = ""
    ) -> None:
        self._path = path
        self._instead = instead or "what was good before"
        self._folders = folders
        self._faults = faults
        self._marks: Marks | None = None
        self._held: tuple[Site, Unread] | None = None
        """What is right in these files, but for what cannot be read yet."""
        self._looking = threading.Lock()
        self._over = threading.Event()
        self.taking = SiteTaking(path, in_force, faults)
        """Who takes over what."""
        self.keep: Callable[[Site], object] = lambda _: None
        """Keeps what is good for the next start."""
        self.free: dict[str, float] = {}
        """Bytes that are free in each of the folders, as far as could be seen."""

    def start(self, in_loop: Callable[[Callable[[], object]], object]) -> None:
        """Look at the files now and from now on; ``in_loop`` has something called where the music is decided upon."""
        self.look(in_loop)
        threading.Thread(target=self._run, args=(in_loop,), name="site-watch", daemon=True).start()

    def stop(self) -> None:
        """Look no more; a look that hangs is not waited for."""
        self._over.set()

    def _run(self, in_loop: Callable[[Callable[[], object]], object]) -> None:
        events = FolderEvents(self._path.absolute().parent)
        while not self._over.is_set():
            try:
                self.look_for_room()
                events.wait(EVERY)
                self._settle()
                if not self._over.is_set():
                    self.look(in_loop)
            except Exception:
                log.exception("The configuration could not be looked at; it is tried again.")
                self._over.wait(EVERY)

    def _settle(self) -> None:
        """Wait while files are being written."""
        for _ in range(MOST_LOOKS):
            marks = self._present()
            if marks == self._marks:
                return
            time.sleep(SETTLED)
            if self._present() == marks:
                return

    def look(self, in_loop: Callable[[Callable[[], object]], object] | None = None) -> str:
        """See what has changed in the files since the last look, and have taken over what can be.

        Without ``in_loop`` that is done at once, and said in a sentence; a file at fault changes nothing, and is told.
        """
        with self._looking:
            marks = self._present()
            missed = None
            if marks != self._marks:
                self._held = None
                try:
                    site = load_site(self._path)
                except DocumentError as error:
                    self._marks = marks
                    return self._tell_broken([str(fault) for fault in error.faults])
            elif self._held is None:
                return ""
            else:
                site, before = self._held  # a file that was missing may come, and this one stays as it is
                missed = before.sentences.keys()
            unread = unread_secrets(self.taking.in_force, site, missed)
            self._marks, self._held = marks, (site, unread) if unread.sentences else None
            if unread.sentences:
                return self._tell_broken([*unread.sentences.values()])
        self._faults.clear(CONFIGURATION)
        self.keep(site)
        waiting = unread.credentials
        if in_loop is not None:
            if self._over.is_set():
                return ""
            in_loop(lambda: self._take(site, waiting))
            return ""
        return self._take(site, waiting).sentence

    def _take(self, site: Site, waiting: Mapping[str, str]) -> SiteTaken:
        return self.taking.take(without(site, self.taking.in_force, waiting), waiting)

    def _tell_broken(self, sentences: Sequence[str]) -> str:
        more = len(sentences) - _MOST_TOLD
        told = "; ".join(sentences[:_MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")
        sentence = f"The configuration on disk is at fault, and {self._instead} counts: {told}"
        self._faults.clear(CONFIGURATION_CHANGED)
        self._faults.tell(CONFIGURATION, str(self._path), sentence)
        return f"{sentence}."

    def look_for_room(self) -> None:
        """See how much room the folders have."""
        for name, folder in self._folders.items():
            try:
                self.free[name] = shutil.disk_usage(folder).free
            except OSError:
                self.free.pop(name, None)

    def _present(self) -> Marks:
        return _mark(self._path), _mark(beside(self._path))


def _mark(path: Path) -> tuple[int, int, int, int] | None:
    """What tells a file's content from another, without reading it."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev
