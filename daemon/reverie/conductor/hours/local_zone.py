"""The time zone of the room, which may be set while the music plays.

The C library reads a zone once and keeps it for ever. So somebody has to look: at ``/etc/localtime``, at the file that
``TZ`` names, and at all that they lead to. A zone that cannot be read counts as UTC, without a word from the library.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from reverie.errors import reason_of
from reverie.files import open_file

LOCALTIME = Path("/etc/localtime")
ZONES = Path("/usr/share/zoneinfo")
_POSIX = re.compile(r"([A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?[0-9]{1,3}(:[0-9]{1,2}){0,2}([A-Za-z<,].*)?")
"""A rule such as CET-1CEST,M3.5.0,M10.5.0/3, which names no file."""

_Mark = tuple[object, ...]


class LocalZone:
    """Sees that the zone has changed, and has the C library read it anew."""

    def __init__(self, localtime: Path = LOCALTIME) -> None:
        self._localtime = localtime
        self._mark = self._look()

    def changed(self) -> bool:
        """Whether the zone is another than at the last look; from now on this process goes by it."""
        mark = self._look()
        if mark == self._mark:
            return False
        self._mark = mark
        if written := os.environ.get("TZ"):  # the library reads the file of an equal name only once
            os.environ["TZ"] = "UTC0"
            time.tzset()
            os.environ["TZ"] = written
        time.tzset()
        return True

    def fault(self) -> str | None:
        """Why the clock of the room is not known, if so, as a sentence; it counts as UTC then."""
        written = os.environ.get("TZ")
        if written is None and not os.path.lexists(self._localtime):
            return None  # localtime(5): UTC is meant
        if written is not None and (not written or _POSIX.fullmatch(written.removeprefix(":"))):
            return None
        named = f"TZ={written}" if written is not None else str(self._localtime)
        path = self._file(written)
        try:
            with open_file(path) as file:
                begun = file.read(4)
        except (OSError, ValueError) as error:
            reason = reason_of(error) if isinstance(error, OSError) else str(error)
            return f"The time zone cannot be read ({named}: {reason}); what goes by the hour goes by UTC"
        if begun != b"TZif":
            return (
                f"The time zone cannot be read ({named} names {path}, which is none); what goes by the hour goes by UTC"
            )
        return None

    def _file(self, written: str | None) -> Path:
        """The file from which the zone is read; a relative name counts from the system's folder of zones."""
        return self._localtime if written is None else Path(os.environ.get("TZDIR") or ZONES, written.removeprefix(":"))

    def _look(self) -> _Mark:
        written = os.environ.get("TZ")
        path = self._file(written)
        try:
            there = path.stat()
            return written, os.path.realpath(path), there.st_ino, there.st_dev, there.st_mtime_ns, there.st_size
        except (OSError, ValueError) as error:
            return written, type(error)
