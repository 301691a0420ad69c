"""The record of what people did at the controls: a line of JSON for each use, in a file that stays small."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import stat
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from reverie.advice import advice_on
from reverie.errors import capital, reason_of
from reverie.files import once_more, set_aside, write_atomically
from reverie.foreign import plain
from reverie.site.actions import Action
from reverie.watch.fault_kinds import CONTROL_UNRECORDED
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

LARGEST = 512_000
"""Bytes at which the older half of the record is deleted: some thousand uses."""
MOST_UNWRITTEN = 1000
WRITE = 1.0
"""Seconds between writes."""
AGAIN = 10.0
"""Seconds until what could not be written is tried again."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a control; ``refused`` says why nothing came of it, and is empty where it was done.

    ``undid`` is what was taken back, ``loops`` has by voice the recipe of what was kept or is gone back to, and ``now``
    says how things stand after it, where the action leaves that open.
    """

    time: str
    source: str
    action: str
    value: float | bool | str | tuple[float, float] | None
    voice: str | None
    refused: str = ""
    undid: str = ""
    loops: Mapping[str, str] = field(default_factory=dict[str, str])
    now: str = ""

    @classmethod
    def of(cls, action: Action, source: str, refused: str = "", at: float | None = None) -> Use:
        """What is recorded of an action that was wanted ``at`` a Unix time; now, unless given."""
        now = date(time.time() if at is None else at)
        value = plain(action.value) if isinstance(action.value, str) else action.value
        return cls(now, source, action.kind, value, action.voice and plain(action.voice), refused)

    def as_json(self) -> dict[str, Any]:
        """Plain data for a line of the record."""
        return {name: value for name, value in asdict(self).items() if value or name not in {"undid", "loops", "now"}}


def date(at: float) -> str:
    """A Unix time as it stands in the record."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


class Record:
    """Keeps uses in ``path``; a disk that is slow or full costs the record and not the music."""

    def __init__(self, path: Path, faults: Faults, largest: int = LARGEST) -> None:
        self._path = path
        self._faults = faults
        self._largest = largest
        self._unwritten: deque[Use] = deque(maxlen=MOST_UNWRITTEN)
        self._whole = False
        self._has_uses = asyncio.Event()
        self.last: deque[Use] = deque(maxlen=5)
        """The latest, for people who look."""

    def add(self, use: Use) -> None:
        """Take a use in; it is written soon."""
        self._unwritten.append(use)
        self._has_uses.set()
        self.last.append(use)

    async def run(self) -> None:
        """Write what there is until cancelled, and then once more.

        What a disk does not take is offered to it again, though nobody uses a control any more: so it is seen when the
        fault is over.
        """
        try:
            while True:
                await self._has_uses.wait()
                await asyncio.sleep(WRITE)
                self._has_uses.clear()
                uses = self._taken()
                if not await asyncio.to_thread(self._write, uses):
                    self._unwritten = deque((*uses, *self._unwritten), maxlen=MOST_UNWRITTEN)
                    await asyncio.sleep(AGAIN)
                    self._has_uses.set()
        finally:
            if self._unwritten:
                self._write(self._taken())

    def _taken(self) -> list[Use]:
        uses = list(self._unwritten)
        self._unwritten.clear()
        return uses

    def _write(self, uses: list[Use]) -> bool:
        """Append the lines in one write, after the end of a line that may have been cut off; then prune.

        What is written is taken out of ``uses``. Says whether all went well.
        """
        lines = "".join(f"{json.dumps(use.as_json(), ensure_ascii=False)}\n" for use in uses).encode(errors="replace")
        try:
            if uses:
                once_more(self._add, lines)
            uses.clear()
            once_more(self._prune)
        except OSError as error:
            self._faults.tell(
                CONTROL_UNRECORDED,
                "",
                f"What is controlled by hand cannot be recorded in {self._path} ({reason_of(error)})",
                capital(advice_on(error, self._path)),
            )
            return False
        self._faults.clear(CONTROL_UNRECORDED)
        return True

    def _add(self, lines: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened() as file:
            if not self._whole and file.tell():
                file.seek(-1, os.SEEK_END)
                lines = lines if file.read(1) == b"\n" else b"\n" + lines
            self._whole = False
            _append(file, lines)
            self._whole = True

    def _prune(self) -> None:
        with self._opened() as file:
            if file.tell() > self._largest:
                file.seek(-self._largest // 2, os.SEEK_END)
                kept = file.read(self._largest)
                write_atomically(self._path, kept.partition(b"\n")[2])

    def _opened(self) -> BinaryIO:
        """The record, at its end; what is in its place and is no file is set aside.

        Raises:
            OSError: if it cannot be written.
        """
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(self._path.stat().st_mode):
                log.warning("%s is no file; it now lies beside it as %s.", self._path, set_aside(self._path).name)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC
        file = os.fdopen(os.open(self._path, flags, 0o644), "r+b", buffering=0)
        file.seek(0, os.SEEK_END)
        return cast("BinaryIO", file)


def _append(file: BinaryIO, data: bytes) -> None:
    """Write all of it.

    Raises:
        OSError: if the disk takes but a part.
    """
    if file.write(data) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
