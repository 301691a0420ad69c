"""Where the music stands: what a life that ends unasked leaves to the next, which goes on with the bar after.

It is written where it costs nothing (the runtime folder, in memory) every few seconds, for a daemon that is killed, and
seldom to the state folder, for a power cut: a memory card wears out by being written. Whoever ends because it was asked
to takes it away, so that the next day begins as days do. Nothing here raises.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from reverie.clock import Clock
from reverie.compose.good_loop import read_loop
from reverie.files import read_file, write_in_any_case
from reverie.generations import is_readable
from reverie.music.notes import Loop

log = logging.getLogger(__name__)

FILE = "standing.json"
MOST_TRIES = 3
"""Lives that go on with the same music; if it is the end of all of them, the next begins anew."""
LASTED = 60.0
"""Seconds after which a life has shown that the music is not the end of it."""
_VERSION = 1
_LARGEST = 4_000_000
_MOST_BARS = 1 << 40


@dataclass(frozen=True, slots=True)
class StandingLoop:
    """What a voice played: a loop, by the id of its recipe, ``times`` times from scene bar ``start_bar`` on."""

    recipe: str
    loop: Loop
    start_bar: int
    times: int


@dataclass(frozen=True, slots=True)
class StandingMusic:
    """A performance after scene bar ``bar``.

    ``take`` and ``begins_at`` (the time of day of its first bar, in seconds) are what its chance and its form follow
    from, and ``moved`` is by how many bars the form was moved. ``otherwise`` is the scene that the site had play where
    no hour asked for another.
    """

    scene: str
    scene_hash: str
    take: int
    begins_at: float
    moved: int
    bar: int
    otherwise: str
    loops: Mapping[str, StandingLoop]

    def as_json(self) -> dict[str, Any]:
        """Plain data for a file."""
        loops = {
            voice: {"recipe": one.recipe, "loop": one.loop.as_json(), "start_bar": one.start_bar, "times": one.times}
            for voice, one in self.loops.items()
        }
        return {**asdict(replace(self, loops={})), "loops": loops}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StandingMusic:
        """Read :meth:`as_json`'s data.

        Raises:
            ValueError, KeyError, TypeError, AttributeError, OverflowError: if it is no such data.
        """
        loops = {
            str(voice): StandingLoop(
                str(one["recipe"]), read_loop(one["loop"]), _bar(one["start_bar"]), max(1, min(int(one["times"]), 4096))
            )
            for voice, one in data["loops"].items()
        }
        return cls(
            str(data["scene"]),
            str(data["scene_hash"]),
            _bar(data["take"]),
            float(data["begins_at"]) % 86_400.0,
            int(data["moved"]),
            _bar(data["bar"]),
            str(data["otherwise"]),
            loops,
        )


def _bar(written: object) -> int:
    if not isinstance(written, int) or isinstance(written, bool) or not 0 <= written < _MOST_BARS:
        raise ValueError(f"no bar has the number {written!r}")
    return written


class StandingStore:
    """Keeps where the music stands.

    Args:
        state: The state folder.
        runtime: A folder in memory, if there is one.
        clock: By which writes to the state folder are spaced.
        flush: Seconds between these.
    """

    def __init__(self, state: Path, runtime: Path | None, clock: Clock, flush: float) -> None:
        self._lasting = state / FILE
        mark = hashlib.sha256(os.fsencode(state.absolute())).hexdigest()[:16]
        self._volatile = None if runtime is None else runtime / f"standing-{mark}.json"
        self._clock = clock
        self._flush = flush
        self._lock = threading.Lock()
        self._begun = clock.now()
        self._due = float("-inf")
        self._number, self._tries = 0, 0
        self._noted: StandingMusic | None = None
        self._in_memory: StandingMusic | None = None
        self._on_disk: StandingMusic | None = None
        self._over = False
        self.left = self._take_over()
        """Where the life before stood, if it ended unasked."""

    def note(self, standing: StandingMusic) -> None:
        """The music stands there now."""
        self._noted = standing

    def flush_every(self, seconds: float) -> None:
        """Write to the state folder as seldom as that from now on."""
        with self._lock:
            self._flush, self._due = seconds, min(self._due, self._clock.now() + seconds)

    def write(self) -> None:
        """Write where it stands; in a thread, for disks are slow."""
        with self._lock:
            standing, now = self._noted, self._clock.now()
            if standing is None or self._over:
                return
            if self._volatile is not None and standing is not self._in_memory:
                self._in_memory = standing
                self._write(self._volatile, standing)
            if now >= self._due and standing is not self._on_disk:
                self._due, self._on_disk = now + self._flush, standing
                self._write(self._lasting, standing)

    def forget(self) -> None:
        """This life ends because it was asked to."""
        with self._lock:
            self._over = True
            for path in (self._volatile, self._lasting):
                if path is not None:
                    with contextlib.suppress(OSError):
                        path.unlink(missing_ok=True)

    def _take_over(self) -> StandingMusic | None:
        """Read what was left, the younger of the two; and note that once more a life goes on with it."""
        found: list[tuple[int, int, StandingMusic]] = []
        for path in (self._volatile, self._lasting):
            if path is None:
                continue
            try:
                data = json.loads(read_file(path, _LARGEST))
                if not is_readable(data["version"], _VERSION):
                    raise ValueError(f"written in version {data['version']}")  # noqa: TRY301 - it is told below
                found.append((_bar(data["number"]), _bar(data["tries"]), StandingMusic.from_json(data)))
            except FileNotFoundError:
                continue
            except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
                log.info("Where the music stood cannot be read from %s (%s).", path, error)
        if not found:
            return None
        self._number, tries, standing = max(found, key=lambda one: one[0])
        self._tries = tries + 1
        if self._tries > MOST_TRIES:
            log.warning("%d lives that went on with the same music have ended unasked: it begins anew.", MOST_TRIES)
            self._tries = 0
            return None
        for path in (self._volatile, self._lasting):
            if path is not None:
                self._write(path, standing)
        return standing

    def _write(self, path: Path, standing: StandingMusic) -> None:
        if self._clock.now() - self._begun > LASTED:
            self._tries = 0
        self._number += 1
        data = {"version": _VERSION, "number": self._number, "tries": self._tries, **standing.as_json()}
        with contextlib.suppress(OSError, ValueError):  # the store of the state tells that the folder cannot be written
            write_in_any_case(path, json.dumps(data, separators=(",", ":")).encode())


def runtime_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder in memory that systemd gives the service, or the user; None if there is none."""
    if given := environment.get("RUNTIME_DIRECTORY", "").split(":")[0]:
        return Path(given)
    given = environment.get("XDG_RUNTIME_DIR", "")
    return Path(given) / "reverie" if Path(given).is_absolute() else None
