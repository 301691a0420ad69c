"""Scenes that are left for others because Reverie crashed with them, until a person or an edit clears the mark.

Where other scenes crash within the same hour as well, the cause is no scene, and none is marked.

``STATE/marked.json`` outlives every crash. Nothing here raises: a mark is no reason for silence.
"""

from __future__ import annotations

import contextlib
import json
import logging
from pathlib import Path
from typing import Any, cast

from reverie.clock import Clock
from reverie.files import read_file, set_aside, write_in_any_case
from reverie.generations import is_readable
from reverie.scenes.schema import Scene
from reverie.watch.fault_kinds import SCENE_MARKED
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

FILE = "marked.json"
WITHIN = 3600.0
"""Seconds within which crashes of a scene are counted together."""
_MOST_CRASHES, _MOST_SCENES = 16, 64
_LARGEST = 100_000
"""Bytes of the file."""
_VERSION = 1


class SceneMarks:
    """Which scenes are marked, which one plays, and when workers or the daemon crashed with it.

    Args:
        folder: That of the state.
        faults: Where people are told.
        clock: By whose wall time crashes are dated.
        many: Crashes within an hour by which a scene is marked; None: no scene ever is, and earlier marks hold nothing.
    """

    def __init__(self, folder: Path, faults: Faults, clock: Clock, many: int | None) -> None:
        self._path = folder / FILE
        self._faults = faults
        self._clock = clock
        self._many = many
        kept = self._read()
        self._marked: dict[str, str] = _texts(kept.get("marked"))
        """By name the hash of each scene that is marked: another hash is an edit."""
        self._crashes: dict[str, list[float]] = _times(kept.get("crashes"))
        self._plays = _texts(kept.get("plays"))
        """The scene that plays, and its hash; of a life before, until another begins."""
        for name in self._marked if many is not None else ():
            self._tell(name)

    def holds(self, scene: Scene) -> bool:
        """Whether the scene is not to be played; an edit of it clears its mark."""
        marked = self._marked.get(scene.name)
        if marked is not None and marked != scene.hash:
            self.clear(scene.name)
        return self._many is not None and scene.name in self._marked

    def clear(self, name: str) -> bool:
        """Play the scene again when it is wanted, because a person says so; whether it was marked."""
        self._crashes.pop(name, None)
        was = self._marked.pop(name, None) is not None
        if was:
            log.info("The mark of the scene %s is cleared.", name)
            self._faults.clear(SCENE_MARKED, name)
            self._write()
        return was

    def plays(self, scene: Scene) -> None:
        """Keep which scene plays, for whoever comes after a crash."""
        if self._plays != {scene.name: scene.hash}:
            self._plays = {scene.name: scene.hash}
            self._write()

    def crashed(self) -> str | None:
        """Something crashed while the scene plays: the scene's name if this marks it, else None.

        If others crashed within the hour too, none of them is the cause: their marks are taken back.
        """
        for name, mark in self._plays.items():
            now = self._clock.wall()
            recent = {one: [at for at in ats if abs(now - at) < WITHIN] for one, ats in self._crashes.items()}
            self._crashes = {one: ats for one, ats in recent.items() if ats}
            self._crashes[name] = [*self._crashes.get(name, ()), now][-_MOST_CRASHES:]
            others = self._crashes.keys() - {name}
            many = len(self._crashes[name])
            marks = self._many is not None and many >= self._many and not others and name not in self._marked
            if marks:
                self._marked[name] = mark
                self._tell(name)
            for other in sorted(others & self._marked.keys()):
                self._take_back(other, name)
            self._write()
            return name if marks else None
        return None

    def _take_back(self, name: str, other: str) -> None:
        log.info("The mark of the scene %s is taken back, as Reverie crashes with %s as well.", name, other)
        del self._marked[name]
        self._faults.clear(SCENE_MARKED, name)

    def _tell(self, name: str) -> None:
        sentence = f"The scene {name} is not played any more, for Reverie has crashed with it again and again"
        self._faults.tell(SCENE_MARKED, name, sentence)

    def _read(self) -> dict[str, Any]:
        """What was kept; what makes no sense is set aside."""
        try:
            data: Any = json.loads(read_file(self._path, _LARGEST))
            kept = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
            if not is_readable(kept.get("version", _VERSION), _VERSION):
                raise ValueError(f"written in version {kept['version']}")  # noqa: TRY301 - it is set aside below
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, ValueError, RecursionError) as error:
            with contextlib.suppress(OSError, ValueError):
                log.warning("%s could not be read (%s) and is now %s.", self._path, error, set_aside(self._path))
            return {}
        return kept

    def _write(self) -> None:
        data = {"version": _VERSION, "marked": self._marked, "crashes": self._crashes, "plays": self._plays}
        with contextlib.suppress(OSError, ValueError):  # the store tells that the folder cannot be written
            write_in_any_case(self._path, json.dumps(data).encode())


def _texts(data: Any) -> dict[str, str]:
    """Texts by texts, as far as what was kept has any."""
    kept = cast("dict[Any, Any]", data) if isinstance(data, dict) else {}
    found = [(key, value) for key, value in kept.items() if isinstance(key, str) and isinstance(value, str)]
    return dict(found[:_MOST_SCENES])


def _times(data: Any) -> dict[str, list[float]]:
    """Times by texts, likewise."""
    kept = cast("dict[Any, Any]", data) if isinstance(data, dict) else {}
    return {
        key: [float(at) for at in cast("list[Any]", value)[-_MOST_CRASHES:] if isinstance(at, int | float)]
        for key, value in [*kept.items()][:_MOST_SCENES]
        if isinstance(key, str) and isinstance(value, list)
    }
