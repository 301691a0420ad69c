"""How often the daemon was started, and how its lives ended: what a crash loop is seen by.

``STATE/lives.json`` outlives every crash. Nothing here raises: a count is no reason for silence.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from reverie.clock import Clock, SystemClock
from reverie.files import read_file, set_aside, write_in_any_case
from reverie.generations import is_readable
from reverie.watch.fault_kinds import CRASH_LOOP
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

FILE = "lives.json"
BOOT = Path("/proc/sys/kernel/random/boot_id")
MANY = 4
"""Lives that ended unasked within :data:`WINDOW`, after which people are told."""
KEPT = 16
"""Such lives that are remembered."""
WINDOW = 900.0
WELL = 3600.0
"""Seconds of a life after which what was before is forgotten."""
SAFE_STAY, LONGEST_STAY = 1800.0, 86_400.0
"""Seconds of safe mode, the first time and at most."""
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
        self._lock = threading.Lock()
        self._ended = False
        self._at_the_end: list[Callable[[], object]] = []
        self._began = self._clock.now()
        known = self._read()
        self._unasked: list[float] = known["unasked"] if known else []
        """When the latest lives ended unasked, as far as that is known: when the next began, in Unix time."""
        self.starts = (known["starts"] if known else 0) + 1
        """How often it was started, this time included."""
        self.crashes = known["crashes"] if known else 0
        """How often a life ended unasked while the machine went on."""
        self._boot = _boot()
        self.last_end = _last_end(known, self._boot)
        """How the life before ended: ``asked`` to, ``crashed``, ``cut off`` with the machine, or ``unknown``."""
        self.safe = False
        """Whether this life plays in safe mode."""
        self.safe_stays = known["safe_stays"] if known else 0
        """How often in a row it has played in safe mode since it was last well."""
        if self.died:
            self.crashes += 1
            self._unasked = [*self._unasked, self._clock.wall()][-KEPT:]

    @property
    def died(self) -> bool:
        """Whether the life before ended unasked while the machine went on: not by a power cut."""
        return self.last_end == "crashed"

    async def attend(self) -> None:
        """Keep that this life has begun, and tell of a crash loop until it has lasted; until cancelled."""
        await asyncio.to_thread(self.begin)
        while True:
            await asyncio.sleep(LOOK)
            self.look()

    def begin(self) -> None:
        """Keep that this life has begun; may run in a thread, for disks are slow."""
        self._write()
        self.look()

    def at_the_end(self, do: Callable[[], object]) -> None:
        """Have something done with :meth:`end`, in its thread; it must not raise."""
        self._at_the_end.append(do)

    def end(self) -> None:
        """Keep that this life ends because it was asked to; may run in a thread."""
        self._ended = True
        self._write()
        for do in self._at_the_end:
            do()

    def look(self) -> None:
        """Tell of a crash loop, until a life has lasted."""
        if self.safe_stays and not self.safe and self._clock.now() - self._began > WELL:
            self.safe_stays = 0
            self._write()
        if not self.loops(MANY) or self._clock.now() - self._began > WINDOW:
            self._faults.clear(CRASH_LOOP)
            return
        self._faults.tell(
            CRASH_LOOP,
            "",
            f"Reverie has crashed {MANY} times within {WINDOW / 60:.0f} minutes, and was started again each time",
        )

    def loops(self, many: int) -> bool:
        """Whether so many lives have ended unasked within a few minutes."""
        return sum(abs(self._clock.wall() - at) < WINDOW for at in self._unasked) >= many

    def be_safe(self) -> float:
        """This life plays in safe mode; for how many seconds, each time twice as long until it is well."""
        self.safe = True
        self.safe_stays += 1
        return float(min(SAFE_STAY * 2 ** min(self.safe_stays - 1, 16), LONGEST_STAY))

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

    def _write(self) -> None:
        with self._lock, contextlib.suppress(OSError, ValueError):  # the store tells that the folder cannot be written
            data: dict[str, Any] = {
                "version": _VERSION,
                "starts": self.starts,
                "crashes": self.crashes,
                "running": not self._ended,
                "unasked": self._unasked,
                "boot": self._boot,
                "safe_stays": self.safe_stays,
            }
            write_in_any_case(self._path, json.dumps(data).encode())


def _boot() -> str | None:
    """What tells this boot of the machine from others; None where nobody knows."""
    try:
        return BOOT.read_text().strip()
    except (OSError, ValueError):
        return None


def _last_end(known: Mapping[str, Any] | None, boot: str | None) -> str:
    """How the life of which this is known ended; where nobody knows in which boot it was, in this one."""
    if known is None:
        return "unknown"
    if not known["running"]:
        return "asked"
    return "crashed" if known["boot"] in {None, boot} else "cut off"


def _known(data: Any) -> dict[str, Any]:
    """What a file says.

    Raises:
        ValueError: if it makes no sense.
    """
    kept = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    if not is_readable(kept.get("version", _VERSION), _VERSION):
        raise ValueError(f"written in version {kept['version']}")
    counts = [kept.get("starts"), kept.get("crashes")]
    if not all(isinstance(count, int) and 0 <= count < _MOST for count in counts):
        raise ValueError("these are no counts")
    unasked: Any = kept.get("unasked")
    times = cast("list[Any]", unasked) if isinstance(unasked, list) else []
    return {
        "starts": counts[0],
        "crashes": counts[1],
        "running": kept.get("running") is True,
        "boot": kept.get("boot"),
        "safe_stays": stays if isinstance(stays := kept.get("safe_stays"), int) and 0 <= stays < _MOST else 0,
        "unasked": [float(at) for at in times[-KEPT:] if isinstance(at, int | float) and abs(at) < _MOST],
    }
