"""Moments that people have kept: some bars as they sounded, and the recipes of what sounded, each in a file of its own.

They lie in the state folder, the oldest gives way to another, and a disk that is full or slow costs the moment and not
the music: they are written by a thread, and until then are to be had from memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reverie.advice import advice_on
from reverie.errors import capital, reason_of
from reverie.files import oldest_first, once_more, read_file, remove_leftovers, write_in_any_case
from reverie.generations import is_readable, read_as
from reverie.logs import ONCE
from reverie.watch.fault_kinds import MOMENT_UNKEPT
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

FOLDER = "moments"
"""In the state folder."""
VISITOR = "visitor"
"""Who has kept it, where nobody of the house has."""
NAME = re.compile(r"[0-9a-f]{16}")
"""How a moment is called: nobody guesses the moments of others."""
LARGEST = 2_000_000
"""Bytes of a moment's file; eight bars of twenty voices have a tenth of it."""
WAITING = 32
"""Moments that wait to be written."""
_VERSION = 1
EVERY = 1.0
"""Seconds between looks at whether some wait."""


@dataclass(frozen=True, slots=True)
class KeptMoment:
    """Some bars as pages are told of them (``/api/v1/events``), in order, kept at a ``time`` in Unix seconds.

    ``voices`` are the kinds of the scene's voices, and ``recipes`` have by voice the loop that it played last, with
    what made it. ``sounds`` have by voice where browsers find the instrument that it sounded with; what it sounds with
    while a mood gives it a program is under its name and the program, as ``lead/48``. ``by`` is who kept it: what
    visitors keep gives way to others in time, and what others keep never does. ``loops`` have by voice all that it
    played in these bars, like ``recipes``, and ``heard`` by content hash the loops that their recipes name.
    """

    name: str
    time: float
    scene: str
    title: str
    voices: Mapping[str, str]
    bars: Sequence[Mapping[str, Any]]
    recipes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    sounds: Mapping[str, str] = field(default_factory=dict[str, str])
    by: str = VISITOR
    loops: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict[str, "Sequence[Mapping[str, Any]]"])
    heard: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    @property
    def heading(self) -> dict[str, Any]:
        """What a list says of it."""
        return {
            "id": self.name,
            "time": self.time,
            "scene": self.scene,
            "title": self.title,
            "bars": len(self.bars),
            "by": self.by,
        }

    def as_json(self) -> dict[str, Any]:
        """Plain data for a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> KeptMoment:
        """Read :meth:`as_json`'s data.

        Raises:
            TypeError, KeyError, ValueError: if it is no such data.
        """
        if not is_readable(data.get("version", _VERSION), _VERSION):
            raise ValueError(f"written in version {data['version']}")
        moment = read_as(cls, data)
        if not NAME.fullmatch(moment.name) or not moment.bars:
            raise ValueError("a moment has a name, and bars")
        return moment


class MomentStore:
    """Keeps moments in ``folder``, of those that visitors keep so ``many`` at most.

    What cannot be written waits, and is tried again until it can; ``faults`` is told meanwhile.
    """

    def __init__(self, folder: Path, many: int, faults: Faults | None = None) -> None:
        self._folder = folder
        self.many = many
        self._faults = faults or Faults()
        self._waiting: dict[str, KeptMoment] = {}
        self._refusal: int | None = None
        self._headings: Mapping[str, dict[str, Any]] = {}

    def keep(self, moment: KeptMoment) -> bool:
        """Keep a moment; False where so many wait for the disk that no other can."""
        if len(self._waiting) >= WAITING:
            return False
        self._waiting[moment.name] = moment
        return True

    async def run(self) -> None:
        """Write what waits, until cancelled."""
        await asyncio.to_thread(remove_leftovers, self._folder)
        while True:
            await asyncio.sleep(EVERY)
            if self._waiting:
                try:
                    await asyncio.to_thread(self.write)
                except Exception:
                    log.exception("Moments cannot be kept; the music plays on.", extra=ONCE)

    def write(self) -> None:
        """Write what waits now, and let the oldest go. May wait for the disk."""
        for name, moment in [*self._waiting.items()]:
            try:
                data = json.dumps({"version": _VERSION, **moment.as_json()}).encode()
                once_more(write_in_any_case, self._path(name), data)
            except OSError as error:
                self._tell(error)
                return
            except ValueError as error:
                log.warning("A moment cannot be kept in %s (%s).", self._folder, error, extra=ONCE)
            self._waiting.pop(name, None)
        self._refusal = None
        self._faults.clear(MOMENT_UNKEPT)
        for path in self._given_way():
            with contextlib.suppress(OSError):
                path.unlink()

    def _tell(self, error: OSError) -> None:
        """Tell once for each reason: to look for what is large takes a while."""
        if error.errno == self._refusal:
            return
        self._refusal = error.errno
        self._faults.tell(
            MOMENT_UNKEPT,
            "",
            f"Moments cannot be kept in {self._folder} ({reason_of(error)}): they wait in memory, {WAITING} of them",
            capital(advice_on(error, self._folder)),
        )

    def find(self, name: str) -> KeptMoment | None:
        """A moment by its name; None if there is none, or its file is damaged. May wait for the disk."""
        if not NAME.fullmatch(name):
            return None
        if (waits := self._waiting.get(name)) is not None:
            return waits
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return KeptMoment.from_json(json.loads(read_file(self._path(name), LARGEST)))
        return None

    def headings(self) -> list[dict[str, Any]]:
        """What there is, the newest first. May wait for the disk, on which each moment is looked at once."""
        known, names = self._headings, {*self._waiting, *(path.stem for path in self._paths())}
        found = {name: known[name] for name in names & known.keys()}
        found |= {name: moment.heading for name in names - known.keys() if (moment := self.find(name))}
        self._headings = found
        return sorted(found.values(), key=lambda one: -float(one["time"]))

    def _given_way(self) -> list[Path]:
        """The oldest of what visitors have kept, beyond what is kept of that."""
        paths = self._paths()
        if len(paths) <= self.many:
            return []
        visitors = {one["id"] for one in self.headings() if one["by"] == VISITOR}
        return [path for path in paths if path.stem in visitors][: -self.many]

    def _paths(self) -> list[Path]:
        """Their files, the oldest first."""
        with contextlib.suppress(OSError):
            return oldest_first(path for path in self._folder.glob("*.json") if NAME.fullmatch(path.stem))
        return []

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
