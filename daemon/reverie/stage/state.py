"""What the daemon remembers over a restart: each voice's last good loops, how often each scene was begun, and timbres.

``STATE/takes.json`` holds the latter, ``STATE/timbres.json`` how far timbres have come, ``STATE/loops/NAME.json`` a
scene's loops. A file for each scene keeps the
writes small, for installations often run from memory cards, and a broken file costs one scene's loops and no more.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from reverie.compose.recipe import Recipe
from reverie.files import write_atomically
from reverie.music.notes import Loop
from reverie.timbre.plan import Progress

VERSION = 1
KEPT_LOOPS = 3
KEPT_SCENES = 20
KEPT_TAKES = 1000
KEPT_TIMBRES = 1000


@dataclass(frozen=True, slots=True)
class GoodLoop:
    """A loop that passed the guards, with the recipe that made it."""

    recipe: Recipe
    loop: Loop

    def as_json(self) -> dict[str, Any]:
        """Plain data for a file."""
        return {"recipe": self.recipe.as_json(), "loop": self.loop.as_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GoodLoop:
        """Read :meth:`as_json`'s data.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: if it is no such data.
        """
        return cls(Recipe.from_json(data["recipe"]), Loop.from_json(data["loop"]))


T = TypeVar("T")
Voices = dict[str, tuple[GoodLoop, ...]]


class StateStore:
    """The folder of what must last. Nothing here raises: music without a memory is better than none.

    ``report`` is given one plain sentence for every trouble, and is not told the same twice in a row.
    """

    def __init__(self, folder: Path, report: Callable[[str], None]) -> None:
        self._folder = folder
        self._report = report
        self._trouble = ""
        self._scenes: dict[str, Voices] = {}
        self._changed: set[Path] = set()
        self._takes = self._read(self._takes_file, _takes_from_json) or {}
        self._timbres = self._read(self._timbres_file, _timbres_from_json) or {}

    def begin(self, scene: str) -> int:
        """How often the scene was begun before; this time counts from now on.

        It is what makes tomorrow's music another than today's, though the scene's seed is the same.
        """
        take = self._takes.pop(scene, 0)
        self._takes[scene] = take + 1
        while len(self._takes) > KEPT_TAKES:
            self._takes.pop(next(iter(self._takes)))
        self._changed.add(self._takes_file)
        return take

    def loops(self, scene: str, voice: str) -> tuple[GoodLoop, ...]:
        """The voice's last good loops, oldest first."""
        return self._voices(scene).get(voice, ())

    def remember(self, good: GoodLoop) -> None:
        """Keep a loop as its voice's newest."""
        recipe = good.recipe
        voices = self._voices(recipe.scene)
        others = tuple(other for other in voices.get(recipe.voice, ()) if other != good)
        voices[recipe.voice] = (*others, good)[-KEPT_LOOPS:]
        self._changed.add(self._loops_file(recipe.scene))

    def timbre(self, scene: str, name: str) -> Progress:
        """How far a scene's timbre has come."""
        return self._timbres.get(f"{scene}/{name}", Progress())

    def keep_timbre(self, scene: str, name: str, progress: Progress) -> None:
        """Keep how far a scene's timbre has come."""
        key = f"{scene}/{name}"
        self._timbres.pop(key, None)
        self._timbres[key] = progress
        while len(self._timbres) > KEPT_TIMBRES:
            self._timbres.pop(next(iter(self._timbres)))
        self._changed.add(self._timbres_file)

    def changes(self) -> dict[Path, bytes]:
        """The files that must be written since the last call, for :meth:`write`; empty if nothing has changed."""
        changes: dict[Path, bytes] = {}
        if self._takes_file in self._changed:
            changes[self._takes_file] = _encode({"takes": self._takes})
        if self._timbres_file in self._changed:
            progress = {key: progress.as_json() for key, progress in self._timbres.items()}
            changes[self._timbres_file] = _encode({"timbres": progress})
        for name, voices in self._scenes.items():
            path = self._loops_file(name)
            if path in self._changed:
                loops = {voice: [good.as_json() for good in kept] for voice, kept in voices.items()}
                changes[path] = _encode({"voices": loops})
        self._changed.clear()
        while len(self._scenes) > KEPT_SCENES:
            self._scenes.pop(next(iter(self._scenes)))  # from now on in its file only
        return changes

    def write(self, changes: Mapping[Path, bytes]) -> bool:
        """Write what :meth:`changes` gave, and forget scenes long unused; may run in a thread, for disks are slow.

        What could not be written is offered again by the next call of :meth:`changes`.
        """
        try:
            for path, data in changes.items():
                write_atomically(path, data)
            _forget_oldest(self._folder / "loops", KEPT_SCENES)
        except OSError as error:
            self._changed.update(changes)
            self._complain(
                f"{self._folder} cannot be written ({error.strerror}): the music plays on, but after a restart it "
                "begins anew; let the daemon's user write there."
            )
            return False
        self._trouble = ""
        return True

    @property
    def _takes_file(self) -> Path:
        return self._folder / "takes.json"

    @property
    def _timbres_file(self) -> Path:
        return self._folder / "timbres.json"

    def _loops_file(self, scene: str) -> Path:
        return self._folder / "loops" / f"{quote(scene, safe='')}.json"

    def _voices(self, scene: str) -> Voices:
        if scene not in self._scenes:
            self._scenes[scene] = self._read(self._loops_file(scene), _voices_from_json) or {}
        return self._scenes[scene]

    def _read(self, path: Path, parse: Callable[[Mapping[str, Any]], T]) -> T | None:
        try:
            return parse(_decode(path.read_bytes()))
        except FileNotFoundError:
            return None
        except OSError as error:
            self._complain(f"{path} cannot be read ({error.strerror}): the music begins anew.")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self._set_aside(path)
        return None

    def _set_aside(self, path: Path) -> None:
        aside = path.with_name(f"{path.name}.broken-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
        try:
            path.replace(aside)
        except OSError as error:
            self._complain(f"{path} is broken and cannot be set aside ({error.strerror}): the music begins anew.")
        else:
            self._complain(f"{path} was broken and now lies beside it as {aside.name}: the music begins anew.")

    def _complain(self, sentence: str) -> None:
        if sentence != self._trouble:
            self._trouble = sentence
            self._report(sentence)


def _encode(data: Mapping[str, Any]) -> bytes:
    return json.dumps({"version": VERSION, **data}, ensure_ascii=False).encode()


def _decode(text: bytes) -> Mapping[str, Any]:
    data = json.loads(text)
    if data["version"] != VERSION:
        raise ValueError(f"written in version {data['version']} of this format")
    return data


def _takes_from_json(data: Mapping[str, Any]) -> dict[str, int]:
    return {str(scene): int(take) for scene, take in data["takes"].items()}


def _timbres_from_json(data: Mapping[str, Any]) -> dict[str, Progress]:
    return {str(key): Progress.from_json(progress) for key, progress in data["timbres"].items()}


def _voices_from_json(data: Mapping[str, Any]) -> Voices:
    return {
        voice: tuple(GoodLoop.from_json(good) for good in kept)[-KEPT_LOOPS:] for voice, kept in data["voices"].items()
    }


def _forget_oldest(folder: Path, keep: int) -> None:
    files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in files[: max(0, len(files) - keep)]:
        path.unlink(missing_ok=True)
