"""How often the daemon was started, and how its lives ended: what a crash loop is seen by.

``STATE/lives.json`` outlives every crash. Nothing here raises: a count is no reason for silence.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from pathlib import Path
from typing import Any, cast

from reverie.clock import Clock, SystemClock
from reverie.files import read_file, set_aside, write_in_any_case
from reverie.watch.fault_kinds import CRASH_LOOP
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

FILE = "lives.json"
MANY = 4
"""Lives that ended unasked within :data:`WINDOW`, after which people are told."""
WINDOW = 900.0
LOOK = 60.0
"""Seconds between looks whether a crash loop is over."""
_VERSION = 1
_MOST = 2**53
_LARGEST = 100_000
"""Bytes of the file."""


class Lives:
    """The count, with this life in it from :meth:`begin` to :meth:`end`."""

    def __init__(
        self,
        folder: Path,
        faults: Faults,
        clock: Clock | None = None,
    ) -> None:
        self._path = folder / FILE
        self._faults = faults
        self._clock = clock or SystemClock()
        self._began = self._clock.now()
        known = self._read()
        self._unasked: list[float] = known["unasked"] if known else []
        """When the latest lives ended unasked, as far as that is known: when the next began, in Unix time."""
        self.starts = (known["starts"] if known else 0) + 1
        """How often it was started, this time included."""
        self.crashes = known["crashes"] if known else 0
        """How often a life ended unasked."""
        self.last_end = "unknown" if not known else "crashed" if known["running"] else "asked"
        """How the life before ended: asked to, or not, or nobody knows."""
        if self.last_end == "crashed":
            self.crashes += 1
            self._unasked = [*self._unasked, self._clock.wall()][-MANY:]

    async def attend(self) -> None:
        """Keep that this life has begun, and tell of a crash loop until it has lasted; until cancelled."""
        await asyncio.to_thread(self.begin)
        while True:
            await asyncio.sleep(LOOK)
            self.look()

    def begin(self) -> None:
        """Keep that this life has begun; may run in a thread, for disks are slow."""
        self._write(running=True)
        self.look()

    def end(self) -> None:
        """Keep that this life ended because it was asked to."""
        self._write(running=False)

    def look(self) -> None:
        """Tell of a crash loop, until a life has lasted."""
        recent = [at for at in self._unasked if abs(self._clock.wall() - at) < WINDOW]
        if len(recent) < MANY or self._clock.now() - self._began > WINDOW:
            self._faults.clear(CRASH_LOOP)
            return
        self._faults.tell(
            CRASH_LOOP,
            "",
            f"Reverie has crashed {MANY} times within {WINDOW / 60:.0f} minutes, and was started again each time",
        )

    def _read(self) -> dict[str, Any] | None:
        """What was kept, if it makes sense; what does not is set aside, and the count begins anew."""
        try:
            return _known(json.loads(read_file(self._path, _LARGEST)))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, RecursionError) as error:
            with contextlib.suppress(OSError, ValueError):
                aside = set_aside(self._path)
                log.warning(
                    "%s could not be read (%s) and is now %s: starts are counted anew.", self._path, error, aside
                )
            return None

    def _write(self, *, running: bool) -> None:
        data: dict[str, Any] = {
            "version": _VERSION,
            "starts": self.starts,
            "crashes": self.crashes,
            "running": running,
            "unasked": self._unasked,
        }
        with contextlib.suppress(OSError, ValueError):  # the store tells that the folder cannot be written
            write_in_any_case(self._path, json.dumps(data).encode())


def _known(data: Any) -> dict[str, Any]:
    """What a file says.

    Raises:
        ValueError: if it makes no sense.
    """
    kept = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    counts = [kept.get("starts"), kept.get("crashes")]
    if not all(isinstance(count, int) and 0 <= count < _MOST for count in counts):
        raise ValueError("these are no counts")
    unasked: Any = kept.get("unasked")
    times = cast("list[Any]", unasked) if isinstance(unasked, list) else []
    return {
        "starts": counts[0],
        "crashes": counts[1],
        "running": kept.get("running") is True,
        "unasked": [float(at) for at in times[-MANY:] if isinstance(at, int | float) and abs(at) < _MOST],
    }
