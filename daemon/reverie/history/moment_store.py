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

from reverie.errors import reason_of
from reverie.files import oldest_first, read_file, remove_leftovers, write_atomically
from reverie.logs import ONCE

log = logging.getLogger(__name__)

NAME = re.compile(r"[0-9a-f]{16}")
"""How a moment is called: nobody guesses the moments of others."""
LARGEST = 2_000_000
"""Bytes of a moment's file; eight bars of twenty voices have a tenth of it."""
WAITING = 32
"""Moments that wait to be written."""
EVERY = 1.0
"""Seconds between looks at whether some wait."""


@dataclass(frozen=True, slots=True)
class KeptMoment:
    """Some bars as pages are told of them (``/api/v1/events``), in order, kept at a ``time`` in Unix seconds.

    ``voices`` are the kinds of the scene's voices, and ``recipes`` have by voice the loop that it played, with what
    made it. ``sounds`` have by voice where browsers find the instrument that it sounded with.
    """

    name: str
    time: float
    scene: str
    title: str
    voices: Mapping[str, str]
    bars: Sequence[Mapping[str, Any]]
    recipes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    sounds: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def heading(self) -> dict[str, Any]:
        """What a list says of it."""
        return {"id": self.name, "time": self.time, "scene": self.scene, "title": self.title, "bars": len(self.bars)}

    def as_json(self) -> dict[str, Any]:
        """Plain data for a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> KeptMoment:
        """Read :meth:`as_json`'s data.

        Raises:
            TypeError, KeyError, ValueError: if it is no such data.
        """
        moment = cls(**data)
        if not NAME.fullmatch(moment.name) or not moment.bars:
            raise ValueError("a moment has a name, and bars")
        return moment


class MomentStore:
    """Keeps moments in ``folder``, so ``many`` at most."""

    def __init__(self, folder: Path, many: int) -> None:
        self._folder = folder
        self._many = many
        self._waiting: dict[str, KeptMoment] = {}
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
                write_atomically(self._path(name), json.dumps(moment.as_json()).encode())
            except (OSError, ValueError) as error:
                why = reason_of(error) if isinstance(error, OSError) else str(error)
                log.warning("A moment cannot be kept in %s (%s).", self._folder, why, extra=ONCE)
            self._waiting.pop(name, None)
        for path in self._paths()[: -self._many]:
            with contextlib.suppress(OSError):
                path.unlink()

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

    def _paths(self) -> list[Path]:
        """Their files, the oldest first."""
        with contextlib.suppress(OSError):
            return oldest_first(path for path in self._folder.glob("*.json") if NAME.fullmatch(path.stem))
        return []

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
