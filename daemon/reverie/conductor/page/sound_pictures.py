"""Pictures of the sounds between which the timbres of the scene that plays move, for pages.

They are drawn once by a process of the lowest priority and kept in the state folder by the content of the sound, so
that a scene that comes back has its pictures at once. Without them pages have the sounds' names.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from reverie.bus import Bus
from reverie.errors import reason_of
from reverie.files import oldest_first, read_file
from reverie.logs import ONCE
from reverie.processes.errands import ErrandError, Errands
from reverie.scenes.schema import Scene
from reverie.timbre.sources.source_files import find_source
from reverie.watch.happenings import SceneBegun, SceneChanged

log = logging.getLogger(__name__)

PATH = "/api/v1/pictures"
"""Where browsers find them."""
MOST = 256
"""Pictures that are kept."""
LARGEST = 64_000_000
"""Bytes of a sound of which a picture is made."""
_NAME = re.compile(r"[0-9a-f]{32}\.png")

SoundAndPicture = tuple[Path, Path]


class Draughtsman(Protocol):
    """Who draws; called in a thread."""

    def draw(self, wanted: Sequence[SoundAndPicture]) -> None:
        """Draw pictures of sounds, or leave some out."""
        ...

    def close(self) -> None:
        """Leave off, whatever is being drawn."""
        ...


class PictureDrawing:
    """Has pictures drawn by a process of its own."""

    def __init__(self) -> None:
        self._errands = Errands("reverie.audition.picture_maker")

    def draw(self, wanted: Sequence[SoundAndPicture]) -> None:
        """Draw pictures of sounds. This waits for it: it is for a thread that nobody waits for."""
        try:
            self._errands.send([(str(sound), str(picture)) for sound, picture in wanted])
        except ErrandError as error:
            log.info("Some sounds have no pictures on the page for now (%s).", error)

    def close(self) -> None:
        """End what is being drawn."""
        self._errands.close()


class SoundPictures:
    """Knows the pictures; :meth:`run` has those drawn that are missing.

    Args:
        folder: Where they are kept.
        places: Folders in which the sounds of scenes are looked for.
        drawing: Draws them.
    """

    def __init__(self, folder: Path, places: Sequence[Path], drawing: Draughtsman) -> None:
        self._folder = folder
        self._places = places
        self._drawing = drawing
        self._scene: Scene | None = None
        self._found: dict[str, dict[str, str]] = {}
        self._awake = asyncio.Event()

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on which scene plays."""
        bus.subscribe(SceneBegun, lambda said: self.scene_begun(said.scene))
        bus.subscribe(SceneChanged, lambda said: self.scene_begun(said.scene))

    def scene_begun(self, scene: Scene) -> None:
        """Another scene plays, or this one was changed."""
        self._scene, self._found = scene, {}
        self._awake.set()

    def told(self) -> Mapping[str, Mapping[str, str]]:
        """By timbre and sound, the address of the picture; what is not drawn yet, or is no file, is left out."""
        return {
            timbre: {sound: f"{PATH}/{name}" for sound, name in sounds.items()}
            for timbre, sounds in self._found.items()
        }

    def file(self, name: str) -> Path | None:
        """The picture of that name; None if there is none."""
        path = self._folder / name
        return path if _NAME.fullmatch(name) and path.is_file() else None

    async def run(self) -> None:
        """Have drawn what is missing, until cancelled."""
        try:
            while True:
                await self._awake.wait()
                self._awake.clear()
                await self._look()
        finally:
            self._drawing.close()

    async def _look(self) -> None:
        if (scene := self._scene) is not None:
            try:
                found = await asyncio.to_thread(self._drawn, scene)
            except Exception:
                log.exception("Sounds have no pictures on the page for now; the music plays on.")
                return
            if scene is self._scene:
                self._found = found

    def _drawn(self, scene: Scene) -> dict[str, dict[str, str]]:
        """By timbre and sound, the names of pictures that are there, after those that were missing are drawn."""
        wanted = {
            (timbre_name, name): (sound, picture_name(sound))
            for timbre_name, timbre in scene.timbres.items()
            for name in timbre.way
            if (source := timbre.sources.get(name)) and source.file is not None
            for sound in (find_source(source.file, self._places),)
        }
        pictures = {key: (sound, name) for key, (sound, name) in wanted.items() if name}
        missing = {name: sound for sound, name in pictures.values() if not (self._folder / name).exists()}
        if missing:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._drawing.draw([(sound, self._folder / name) for name, sound in missing.items()])
            for old in oldest_first(self._folder.glob("*.png"))[:-MOST]:
                old.unlink(missing_ok=True)
        found: dict[str, dict[str, str]] = {}
        for (timbre_name, name), (_, picture) in pictures.items():
            if (self._folder / picture).exists():
                found.setdefault(timbre_name, {})[name] = picture
        return found


def picture_name(sound: Path) -> str:
    """The name of a sound's picture, another one for each content; nothing if the sound cannot be read."""
    try:
        return f"{hashlib.sha256(read_file(sound, LARGEST)).hexdigest()[:32]}.png"
    except OSError as error:
        log.info("There is no picture of %s for pages (%s).", sound, reason_of(error), extra=ONCE)
        return ""
