"""Which of some files have changed: looked at now and then, as that is what works on every file system."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks."""

Signature = tuple[int, ...] | None
"""What tells one state of a file from another; None where there is no file, or nobody can see it."""


class FileChanges:
    """Compares files with what they were.

    A file that is being written is left alone until two looks in a row find it the same: editors write in pieces, or
    put another file in its place. A file that is looked at for the first time has changed, for whoever asks cannot know
    since when it is as it is.
    """

    def __init__(self) -> None:
        self._known: dict[Path, Signature] = {}
        self._seen: dict[Path, Signature] = {}

    def look(self, paths: Iterable[Path]) -> frozenset[Path]:
        """Which of these have changed, or have come or gone, since they were last told of; others are forgotten."""
        seen = {path: _signature(path) for path in paths}
        settled = {path for path, signature in seen.items() if path in self._seen and self._seen[path] == signature}
        changed = frozenset(path for path in settled if path not in self._known or self._known[path] != seen[path])
        self._known = {path: known for path, known in self._known.items() if path in seen}
        self._known.update({path: seen[path] for path in changed})
        self._seen = seen
        return changed


class FileWatch:
    """Looks at files in a thread of its own: a file system that is gone hangs whoever asks it.

    Args:
        paths: The files to look at, as they are now; called in the thread.
        changed: Told of changes, in the thread.
        every: Seconds between two looks.
    """

    def __init__(
        self,
        paths: Callable[[], Iterable[Path]],
        changed: Callable[[frozenset[Path]], object],
        every: float = LOOK_EVERY,
    ) -> None:
        self._paths = paths
        self._changed = changed
        self._every = every
        self._changes = FileChanges()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="file-watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; a look that hangs is not waited for."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(self._every):
            try:
                changed = self._changes.look(self._paths())
                if changed and not self._over.is_set():
                    self._changed(changed)
            except Exception:
                log.exception("The files could not be looked at; they are again in %g s.", self._every)


class FolderEvents:
    """Wakes whoever waits as soon as something in a folder changes, where the file system tells of it.

    Shares of a network, and machines on which too much is watched, do not: then the time that one waits at most counts.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._events: Iterator[object] | None = None
        self._tried = False

    def wait(self, seconds: float) -> None:
        """Return when something has changed, or after so many seconds."""
        begun = time.monotonic()
        if self._events is None and not self._tried:
            self._tried = True
            self._events = self._listen(seconds)
        if self._events is not None:
            try:
                if next(self._events, None) is not None:
                    return
            except Exception as error:  # noqa: BLE001 - whatever a watcher cannot bear, somebody looks without it
                log.info("Changes in %s are not told by the system (%r); they are looked for.", self._folder, error)
            self._events = None
        time.sleep(max(begun + seconds - time.monotonic(), 0.0))

    def _listen(self, seconds: float) -> Iterator[object]:
        import watchfiles

        return watchfiles.watch(
            self._folder,
            watch_filter=None,
            yield_on_timeout=True,
            rust_timeout=round(seconds * 1000),
            raise_interrupt=False,
            recursive=False,
        )


def _signature(path: Path) -> Signature:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
