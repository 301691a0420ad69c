"""Scenes as artists edit them from the page: read, checked as they are typed, saved so that nobody's work is lost.

What is saved lies in the site's own folders; a shipped scene is copied there first. A file is replaced as a whole, and
only by whoever has read what it says now. What it said before is kept, the last :data:`VERSIONS` times.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.conductor.arranging.scene_list import KnownToScenes
from reverie.conductor.configuration.site_resources import scenes_of
from reverie.documents import DocumentError, DocumentFault, parse_document
from reverie.errors import ReverieError, reason_of
from reverie.files import read_file, write_atomically
from reverie.scenes.folder import SUFFIX, read_scene
from reverie.scenes.pattern import files_of
from reverie.scenes.schema import Scene
from reverie.scenes.text_errors import SceneTextError
from reverie.site.schema import Site

VERSIONS = 20
"""Texts of before that are kept of each scene."""
LARGEST = 60_000
"""Bytes of a scene's text."""
KNOWN_FOR = 60.0
"""Seconds for which it is not looked again which models there are: that reads each of their files."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_NOT_THERE = ""
"""The mark of a scene that has no file yet."""


@dataclass(frozen=True, slots=True)
class SceneText:
    """A scene as it is written. ``mark`` tells it from every other text; ``own`` is whether it is the site's."""

    name: str
    text: str
    mark: str
    own: bool

    def as_json(self) -> dict[str, Any]:
        """Plain data for the page."""
        return {"name": self.name, "text": self.text, "own": self.own}


class SceneEditor:
    """Reads, checks and saves scenes; nothing of it touches the music. Each call may wait for a disk.

    Args:
        site: Where its scenes lie, and what they may name.
        versions: The folder of the texts of before.
        clock: Monotonic seconds.
        wall: Unix time, by which versions are named.
    """

    def __init__(
        self,
        site: Site,
        versions: Path,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._site = site
        self._versions = versions
        self._clock = clock
        self._wall = wall
        self._saving = threading.Lock()
        self._checking = threading.Lock()
        self._known: tuple[float, KnownToScenes] | None = None

    def names(self) -> list[Mapping[str, Any]]:
        """All scenes, and which of them are the site's own."""
        return [{"name": name, "own": self._is_own(path)} for name, path in scenes_of(self._site).paths().items()]

    def read(self, name: str) -> SceneText:
        """A scene as it is written now.

        Raises:
            SceneTextError: if there is none, or it cannot be read.
        """
        path = scenes_of(self._site).paths().get(name)
        if path is None:
            raise SceneTextError("artist.scene.none", f"there is no scene {name!r}")
        return self._read(name, path)

    def check(self, name: str, text: str) -> Sequence[DocumentFault]:
        """Every fault of a text, as that of the scene of this name.

        Raises:
            SceneTextError: if it is too long, or no name of a scene.
        """
        try:
            self.scene_of(name, text)
        except DocumentError as error:
            return error.faults
        return ()

    def scene_of(self, name: str, text: str) -> Scene:
        """The scene that a text is.

        Raises:
            DocumentError: with every fault of it.
            SceneTextError: if it is too long, or no name of a scene.
        """
        paths = scenes_of(self._site).paths()
        _check_size(text)
        if name not in paths and _NAME.fullmatch(name) is None:
            sentence = f"{name!r} is no name of a scene: small letters, digits, - and _, 63 at most"
            raise SceneTextError("artist.scene.name", sentence)
        path = paths.get(name) or self._place_of(name)
        with self._checking:
            known = self._known_now()
            document = parse_document(text, str(path))
            return read_scene(document, known.models, known.slots, known.sounds, path.parent)

    def save(self, name: str, text: str, mark: str, *, copy: bool = False) -> SceneText:
        """Save a scene.

        Args:
            name: its name.
            text: what it says from now on, which must be without fault.
            mark: that of the text from which this one was made; empty for a scene that is new.
            copy: whether a shipped scene may be copied to the site's own.

        Raises:
            SceneTextError: if it cannot be, with the reason; nothing is written then.
            DocumentError: with every fault of the text.
        """
        self.scene_of(name, text)
        with self._saving:
            path = scenes_of(self._site).paths().get(name)
            before = self._read(name, path) if path else None
            if (before.mark if before else _NOT_THERE) != mark:
                raise SceneTextError("artist.scene.changed", f"{name} was changed by somebody else meanwhile")
            if before is not None and not before.own and not copy:
                raise SceneTextError("artist.scene.shipped", f"{name} is shipped; it is copied to the site's own first")
            place = path if path and before and before.own else self._place_of(name)
            try:
                if before is not None:
                    self._keep(before)
                if before is not None and path is not None and path != place:
                    _bring_along(before.text, path.parent, place.parent)
                write_atomically(place, text.encode())
            except OSError as error:
                raise SceneTextError(
                    "artist.scene.unwritten", f"{name} cannot be saved ({reason_of(error)})"
                ) from error
            return self._read(name, place)

    def versions(self, name: str) -> list[str]:
        """The texts of before by their names, newest first."""
        folder = self._versions / name
        if name == ".." or folder.parent != self._versions or not folder.is_dir():
            return []
        return sorted((path.stem for path in folder.glob(f"*{SUFFIX}")), reverse=True)

    def version(self, name: str, version: str) -> str:
        """A text of before.

        Raises:
            SceneTextError: if there is none, or it cannot be read.
        """
        if version not in self.versions(name):
            raise SceneTextError("artist.scene.none", f"there is no such version of {name}")
        return self._read(name, self._versions / name / f"{version}{SUFFIX}").text

    def _keep(self, before: SceneText) -> None:
        folder = self._versions / before.name
        moment = self._wall()
        stem = time.strftime("%Y-%m-%dT%H-%M-%S", time.gmtime(moment)) + f"-{round(moment % 1 * 1e6):06}"
        write_atomically(folder / f"{stem}{SUFFIX}", before.text.encode())
        for old in self.versions(before.name)[VERSIONS:]:
            (folder / f"{old}{SUFFIX}").unlink(missing_ok=True)

    def _read(self, name: str, path: Path) -> SceneText:
        try:
            data = read_file(path, LARGEST)
            text = data.decode()
        except (OSError, ReverieError, UnicodeDecodeError) as error:
            reason = reason_of(error) if isinstance(error, OSError) else str(error)
            raise SceneTextError("artist.scene.unread", f"{name} cannot be read ({reason})") from error
        return SceneText(name, text, hashlib.sha256(data).hexdigest()[:20], self._is_own(path))

    def _is_own(self, path: Path) -> bool:
        return path.parent.absolute() in [folder.absolute() for folder in self._site.scenes]

    def _place_of(self, name: str) -> Path:
        if not self._site.scenes:
            raise SceneTextError(
                "artist.scene.no_folder",
                "the site has no folder of its own scenes; its configuration names one: scenes",
            )
        return self._site.scenes[0] / f"{name}{SUFFIX}"

    def _known_now(self) -> KnownToScenes:
        now = self._clock()
        if self._known is None or now - self._known[0] > KNOWN_FOR:
            self._known = now, KnownToScenes.of(self._site)
        return self._known[1]


def _check_size(text: str) -> None:
    if len(text.encode(errors="replace")) > LARGEST:
        raise SceneTextError("artist.scene.long", f"a scene has {LARGEST} bytes at most")


def _bring_along(text: str, source: Path, target: Path) -> None:
    """Copy the files that a scene names to where it is copied, unless such files are there.

    Raises:
        OSError: if one cannot be copied.
    """
    for name in files_of(parse_document(text, "")):
        if not (target / name).exists():
            write_atomically(target / name, read_file(source / name))
