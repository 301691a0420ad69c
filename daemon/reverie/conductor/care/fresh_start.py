"""Reverie begins anew in a rest, where something waits for its next start: nobody hears the seconds that it takes.

It ends, and systemd starts it: so it is only done where systemd does.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reverie.clock import Clock, SystemClock
from reverie.conductor.hours.rest_work import LASTS
from reverie.files import stamp
from reverie.folders import list_folder, patiently
from reverie.models.library.index import SUFFIX
from reverie.watch.fault_kinds import CONFIGURATION_CHANGED
from reverie.watch.faults import Faults

if TYPE_CHECKING:
    from reverie.conductor.conductor import Conductor

log = logging.getLogger(__name__)

NAME = "a new start of Reverie, if something waits for it"
YOUNGEST = 3600.0
"""Seconds that a life lasts in any case: what still waits after a new start is not to begin it again and again."""
LOOK = 600.0
"""Seconds between two looks."""

Stamps = Mapping[Path, tuple[int, int]]
"""When each model was written, and how large it is."""


@dataclass(frozen=True, slots=True)
class StartedWith:
    """What this process was started with: of which program, when, and which models there were in which folders.

    ``program`` is a link that leads elsewhere, from ``version``, once another version is installed.
    """

    program: Path
    version: Path | None
    folders: tuple[Path, ...]
    models: Stamps
    at: float

    @classmethod
    def now(cls, folders: Iterable[Path], program: Path | None = None, clock: Clock | None = None) -> StartedWith:
        """Taken down once in a process, before anything is read: what changes from here on waits for the next."""
        program = program or Path(sys.argv[0])
        folders = tuple(folders)
        return cls(program, _led_to(program), folders, _models_in(folders), (clock or SystemClock()).now())

    def surpassed(self) -> Iterator[str]:
        """What a new start would find that this one has not, as parts of a sentence; it looks at the disk.

        A model that is away is none of it: a disk that is not mounted for a moment takes nothing from this life, and
        would take its models from the next.
        """
        if any(self.models.get(path) != known for path, known in _models_in(self.folders).items()):
            yield "there are other models"
        now = _led_to(self.program)
        if now is not None and now != self.version:
            yield "another version is installed"


class FreshStart:
    """Knows what waits for the next start, and ends this life for it.

    Args:
        started: What this process was started with.
        faults: In which it is told that the configuration on disk is another.
        clock: By which this life lasts.
        leave: Ends it.
        wanted: Whether the site wants it.
        hindered: Why it must not be now, as a part of a sentence; empty where it may.
    """

    def __init__(
        self,
        started: StartedWith,
        faults: Faults,
        clock: Clock,
        leave: Callable[[], object],
        wanted: Callable[[], bool],
        hindered: Callable[[], str],
    ) -> None:
        self._started = started
        self._faults = faults
        self._clock = clock
        self._leave = leave
        self._wanted = wanted
        self._hindered = hindered
        self._surpassed: tuple[str, ...] = ()
        self._told = ""

    @property
    def waiting(self) -> tuple[str, ...]:
        """What waits for the next start, by the last look, as parts of a sentence; nothing where none is wanted."""
        if not self._wanted():
            return ()
        changed = any(fault.id == CONFIGURATION_CHANGED.id for fault in self._faults.active)
        return (*(("the configuration on disk is another",) if changed else ()), *self._surpassed)

    async def attend(self) -> None:
        """Look now and then at what waits, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """See what waits; in a thread, as a disk may be slow and a share may hang."""
        self._surpassed = await asyncio.to_thread(lambda: tuple(self._started.surpassed()))

    async def begin_anew(self) -> bool:
        """Leave, if something still waits and nothing hinders it; called in a rest. Whether it was done."""
        await self.look()  # a version that is just being installed cannot be started
        if not (waiting := self.waiting) or self._clock.now() - self._started.at < YOUNGEST:
            return False
        if hindered := self._hindered():
            if hindered != self._told:
                log.info("Reverie does not begin anew yet, though %s: %s.", ", ".join(waiting), hindered)
            self._told = hindered
            return False
        log.info("Reverie begins anew while the music rests: %s.", ", ".join(waiting))
        self._leave()
        return True


def begin_anew_in_rests(
    conductor: Conductor, started: StartedWith, *, asked: bool, environment: Mapping[str, str] = os.environ
) -> FreshStart | None:
    """Have Reverie begin anew in rests, where something waits for that and systemd would start it; None elsewhere.

    Nor where something was ``asked`` for at this start, a scene or a length: the next would begin it once more, though
    it is closed, or was over long ago.
    """
    if asked or not is_service(environment):
        return None
    taking = conductor.site_watch.taking

    def hindered() -> str:
        if conductor.day.course.silence_ahead < LASTS:
            return "the rest is too short for it"
        return "it would lose what people have set" if conductor.touched else ""

    fresh = FreshStart(
        started,
        conductor.faults,
        SystemClock(),
        conductor.stop,
        lambda: taking.in_force.maintenance.new_start,
        hindered,
    )
    conductor.day.work.in_rests(NAME, fresh.begin_anew, LOOK, waits=lambda: bool(fresh.waiting))
    return fresh


def is_service(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether systemd itself has started this very process, and waits for its word.

    ``INVOCATION_ID`` alone says nothing: all that is below any unit inherits it, a terminal too, and whoever ended
    there would be started by nobody.
    """
    return bool(environment.get("NOTIFY_SOCKET")) and environment.get("SYSTEMD_EXEC_PID") == str(os.getpid())


def _led_to(program: Path) -> Path | None:
    """Where it leads in the end; None while there is nothing, as in the midst of an update."""
    try:
        return program.resolve(strict=True)
    except OSError:
        return None


def _models_in(folders: Iterable[Path]) -> Stamps:
    """The models in the folders that answer."""
    found: dict[Path, tuple[int, int]] = {}
    for folder in folders:
        paths = list_folder(folder, may_be_missing=True).ending(SUFFIX)
        try:
            found |= patiently(folder, partial(_stamps, paths))
        except OSError:
            continue
    return found


def _stamps(paths: Iterable[Path]) -> Stamps:
    return {path: known for path in paths if (known := stamp(path)) is not None}
