"""What the daemon remembers over a restart: good loops, what people keep, how often each scene was begun, and timbres.

``STATE/takes.json`` says how often each scene was begun, ``STATE/timbres.json`` how far timbres have come,
``STATE/loops/NAME.json`` has the last good loops of a scene's voices, and ``STATE/favourites/NAME.json`` what people
keep of it. A file for each scene keeps the writes small, for installations often run from memory cards, and a broken
file costs one scene's loops and no more.

What cannot be read is set aside and never overwritten, whatever it is. What somebody deletes while the daemon runs is
written again.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from reverie.advice import advice_on, is_full
from reverie.bus import Bus
from reverie.compose.good_loop import GoodLoop
from reverie.compose.recipe import LaterRecipeError
from reverie.errors import capital, reason_of
from reverie.files import (
    OddFileError,
    oldest_first,
    once_more,
    read_file,
    remove_leftovers,
    set_aside,
    write_atomically,
)
from reverie.folders import list_folder
from reverie.generations import is_readable
from reverie.history.favourites import Keep, keeps_as_json, keeps_from_json
from reverie.timbre.schedule import PathProgress
from reverie.watch.fault_kinds import STATE_UNREADABLE, STATE_UNWRITABLE
from reverie.watch.faults import Faults
from reverie.watch.happenings import LoopAnswered, LoopDerived

VERSION = 1
KEPT_LOOPS = 3
KEPT_SCENES = 20
KEPT_FAVOURITES = 200
"""Scenes of which people have kept something: a person's choice is not forgotten because other scenes are played."""
KEPT_TAKES = 1000
KEPT_TIMBRES = 1000
_MOST_TAKES = 1 << 53
_FOLDERS = (".", "loops", "favourites", "scenes", "configurations")
"""Where the daemon writes, and so where a power cut may leave half a file."""
_WRONG = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, MemoryError)
"""What comes of reading data that is not what it should be."""


T = TypeVar("T")
Voices = dict[str, tuple[GoodLoop, ...]]


class StateStore:
    """The folder of what must last. Nothing here raises: music without a memory is better than none.

    What goes wrong is told to the register of ``faults``, until it is mended.
    """

    def __init__(self, folder: Path, faults: Faults) -> None:
        self._folder = folder
        self._faults = faults
        self._scenes: dict[str, Voices] = {}
        self._keeps: dict[str, tuple[Keep, ...]] = {}
        self._changed: set[Path] = set()
        self._writing: set[Path] = set()
        self._written: set[Path] = set()
        self._aside: dict[str, Path] = {}
        self._refusal: int | None = None
        self._disk = threading.Lock()
        for name in _FOLDERS:
            remove_leftovers(folder / name)
        self._takes = self._read(self._takes_file, _takes_from_json) or {}
        self._timbres = self._read(self._timbres_file, _timbres_from_json) or {}

    def subscribe_to(self, bus: Bus) -> None:
        """Remember from now on what is composed."""
        bus.subscribe(LoopAnswered, self._loop_answered)
        bus.subscribe(LoopDerived, self._loop_answered)

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

    def times_begun(self, scene: str) -> int:
        """How often the scene was begun, this time included."""
        return self._takes.get(scene, 0)

    def goes_on(self, scene: str, take: int) -> None:
        """A take of before goes on: it is no other beginning of the scene."""
        if self._takes.get(scene, 0) <= take:
            self._takes[scene] = take + 1
            self._changed.add(self._takes_file)

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

    def keeps(self, scene: str) -> tuple[Keep, ...]:
        """What people keep of a scene, oldest first."""
        if scene not in self._keeps:
            self._keeps[scene] = self._read(self._favourites_file(scene), keeps_from_json) or ()
        return self._keeps[scene]

    def keep(self, scene: str, keeps: tuple[Keep, ...]) -> None:
        """Keep this of a scene, and no more."""
        self._keeps[scene] = keeps
        self._changed.add(self._favourites_file(scene))

    def timbre(self, scene: str, name: str) -> PathProgress:
        """How far a scene's timbre has come."""
        return self._timbres.get(f"{scene}/{name}", PathProgress())

    def keep_timbre(self, scene: str, name: str, progress: PathProgress) -> None:
        """Keep how far a scene's timbre has come."""
        key = f"{scene}/{name}"
        self._timbres.pop(key, None)
        self._timbres[key] = progress
        while len(self._timbres) > KEPT_TIMBRES:
            self._timbres.pop(next(iter(self._timbres)))
        self._changed.add(self._timbres_file)

    def look(self) -> bool:
        """See in whose place there is no file any more: they are written again. May run in a thread."""
        gone = [path for path in tuple(self._written) if path not in self._writing and not path.is_file()]
        self._changed.update(gone)
        return bool(gone)

    def changes(self, *, loops: bool = True) -> dict[Path, bytes]:
        """The files that must be written since the last call, for :meth:`write`; empty if nothing has changed.

        Without the ``loops``, what voices play is left out: each file is written as a whole, and always has changed.
        """
        self._leave_to_files()
        later = set[Path]() if loops else set(filter(is_of_loops, self._changed))
        changed, self._changed = self._changed - later, later
        changes: dict[Path, bytes] = {}
        if self._takes_file in changed:
            changes[self._takes_file] = _encode({"takes": self._takes})
        if self._timbres_file in changed:
            progress = {key: progress.as_json() for key, progress in self._timbres.items()}
            changes[self._timbres_file] = _encode({"timbres": progress})
        for name, voices in self._scenes.items():
            path = self._loops_file(name)
            if path in changed:
                good = {voice: [one.as_json() for one in kept] for voice, kept in voices.items()}
                changes[path] = _encode({"voices": good})
        for name, keeps in self._keeps.items():
            path = self._favourites_file(name)
            if path in changed:
                changes[path] = _encode(keeps_as_json(keeps))
        self._writing.update(changes)
        return changes

    def write(self, changes: Mapping[Path, bytes]) -> bool:
        """Write what :meth:`changes` gave, and forget scenes long unused; may run in a thread, for disks are slow.

        What could not be written is offered again by the next call of :meth:`changes`.
        """
        failed: dict[Path, OSError] = {}
        with self._disk:  # one after the other: a newer file must not be replaced by an older one
            for path, data in changes.items():
                try:
                    once_more(self._write, path, data)
                except OSError as error:
                    failed[path] = error
            self._forget_oldest(max(len(changes), 1))
        self._changed.update(failed)
        self._writing.difference_update(changes)
        self._tell(failed)
        return not failed

    def _loop_answered(self, said: LoopAnswered | LoopDerived) -> None:
        if loop := said.answer.loop:
            self.remember(GoodLoop(said.answer.recipe, loop))

    @property
    def _takes_file(self) -> Path:
        return self._folder / "takes.json"

    @property
    def _timbres_file(self) -> Path:
        return self._folder / "timbres.json"

    def _loops_file(self, scene: str) -> Path:
        return self._folder / "loops" / _file_name(scene)

    def _favourites_file(self, scene: str) -> Path:
        return self._folder / "favourites" / _file_name(scene)

    def _voices(self, scene: str) -> Voices:
        if scene not in self._scenes:
            self._scenes[scene] = self._read(self._loops_file(scene), _voices_from_json) or {}
        return self._scenes[scene]

    def _leave_to_files(self) -> None:
        """Forget scenes that were not used for longest, of which all is written: their files have it."""
        unsafe = self._changed | self._writing
        for known, file in ((self._scenes, self._loops_file), (self._keeps, self._favourites_file)):
            safe = [name for name in known if file(name) not in unsafe]
            for name in safe[: max(0, len(known) - KEPT_SCENES)]:
                known.pop(name)
                self._written.discard(file(name))

    def _read(self, path: Path, parse: Callable[[Mapping[str, Any]], T]) -> T | None:
        try:
            found = parse(_decode(read_file(path)))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self._set_aside(path, f"could not be read ({reason_of(error)})", advice_on(error, path))
        except _WRONG:
            self._set_aside(path, "was broken", f"Look at it, or delete {path}")
        else:
            self._written.add(path)
            return found
        return None

    def _write(self, path: Path, data: bytes) -> None:
        try:
            write_atomically(path, data)
        except OSError as error:
            if not isinstance(error, OddFileError) and error.errno != errno.ELOOP:
                raise
            self._set_aside(path, f"could not be written ({reason_of(error)})", advice_on(error, path))
            write_atomically(path, data)
        self._written.add(path)
        if (name := self._name(path)) not in self._aside:
            self._faults.clear(STATE_UNREADABLE, name)

    def _set_aside(self, path: Path, what: str, advice: str) -> None:
        """Rename what is in a file's place, and tell it until nothing is left of it there."""
        name = self._name(path)
        try:
            aside = self._aside[name] = set_aside(path)
        except OSError as error:
            sentence = f"{path} {what} and cannot be set aside ({reason_of(error)}): the music begins anew"
        else:
            sentence = f"{path} {what} and now lies beside it as {aside.name}: the music begins anew"
            advice = f"Look at {aside}, and delete it when nothing in it is wanted"
        self._faults.tell(STATE_UNREADABLE, name, sentence, capital(advice))

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._folder))

    def _tell(self, failed: Mapping[Path, OSError]) -> None:
        for name, aside in list(self._aside.items()):
            if not os.path.lexists(aside):
                del self._aside[name]
                self._faults.clear(STATE_UNREADABLE, name)
        if not failed:
            self._faults.clear(STATE_UNWRITABLE)
            self._refusal = None
            return
        path, error = next(iter(failed.items()))
        if error.errno == self._refusal:
            return  # it is told already, and to look for what is large takes a while
        self._refusal = error.errno
        self._faults.tell(
            STATE_UNWRITABLE,
            "",
            f"{self._folder} cannot be written ({reason_of(error)}): the music plays on, but after a restart it begins "
            "anew",
            capital(advice_on(error, self._folder if is_full(error) else path)),
        )

    def _forget_oldest(self, most: int) -> None:
        """Delete the files of scenes that were not played for longest; no more at once than were written.

        What is played is young, whatever the clock says.
        """
        played = {self._loops_file(name) for name in tuple(self._scenes)}
        played |= {self._favourites_file(name) for name in tuple(self._keeps)}
        for folder, kept in (("loops", KEPT_SCENES), ("favourites", KEPT_FAVOURITES)):
            there = list_folder(self._folder / folder).ending(".json")
            files = oldest_first(path for path in there if path.is_file())
            old = [path for path in files if path not in played][: max(0, len(files) - kept)]
            for path in old[:most]:
                self._written.discard(path)
                with contextlib.suppress(OSError):  # it is tried again
                    path.unlink()


def is_of_loops(path: Path) -> bool:
    """Whether a file of the state has the last good loops of a scene."""
    return path.parent.name == "loops"


def _file_name(scene: str) -> str:
    return f"{quote(scene, safe='', errors='surrogatepass')}.json"


def _encode(data: Mapping[str, Any]) -> bytes:
    text = json.dumps({"version": VERSION, **data}, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="surrogatepass")


def _decode(text: bytes) -> Mapping[str, Any]:
    data = json.loads(text)
    if not is_readable(data["version"], VERSION):
        raise ValueError(f"written in version {data['version']} of this format")
    return data


def _takes_from_json(data: Mapping[str, Any]) -> dict[str, int]:
    takes = {str(scene): int(take) for scene, take in data["takes"].items()}
    if not all(0 <= take < _MOST_TAKES for take in takes.values()):
        raise ValueError("no scene was begun so often")
    return takes


def _timbres_from_json(data: Mapping[str, Any]) -> dict[str, PathProgress]:
    return {str(key): PathProgress.from_json(progress) for key, progress in data["timbres"].items()}


def _voices_from_json(data: Mapping[str, Any]) -> Voices:
    return {voice: tuple(_good_loops(kept))[-KEPT_LOOPS:] for voice, kept in data["voices"].items()}


def _good_loops(kept: Iterable[Mapping[str, Any]]) -> Iterator[GoodLoop]:
    """The loops that this version understands: of others, which a later one has made, there will be new ones."""
    for good in kept:
        with contextlib.suppress(LaterRecipeError):
            yield GoodLoop.from_json(good)
