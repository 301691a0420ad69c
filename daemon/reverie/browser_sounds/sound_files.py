"""Files that bear the hash of their content: whoever has one has it for ever, and none can be half there.

What is shipped is only read. What was made here lies in the state folder, within a quota; what was used least makes
room, and is made again if it is wanted again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import time
from collections.abc import Collection
from pathlib import Path

from reverie.browser_sounds.instrument import AUDIO, PAGE
from reverie.files import oldest_first, read_file, write_atomically

LARGEST = 64_000_000
"""Bytes of a file that is served."""
SAFE = 600.0
"""Seconds after its last use for which a file is never thrown away: a browser may be about to ask for it."""
ORIGINS = "made-of"
"""The folder that tells which page was made of what."""
_NAME = re.compile(rf"[0-9a-f]{{32}}\.(?:{AUDIO}|{PAGE})")


def hash_of(content: bytes) -> str:
    """By which a file is named: 32 digits."""
    return hashlib.sha256(content).hexdigest()[:32]


class SoundFiles:
    """The files in ``folder``, which take ``quota`` bytes at most, and those that are ``shipped``."""

    def __init__(self, folder: Path, quota: int, shipped: Path | None = None) -> None:
        self.folder = folder
        self._quota = quota
        self._shipped = shipped

    def find(self, name: str) -> Path | None:
        """The file of that name, ``HASH.flac`` or ``HASH.json``; None for every other name, and where there is none."""
        if not _NAME.fullmatch(name):
            return None
        for folder in (self.folder, self._shipped):
            if folder is not None and (folder / name).is_file():
                return folder / name
        return None

    def audio_of(self, page: str) -> str | None:
        """The audio file that a page names, if both are there."""
        path = self.find(page)
        if path is None:
            return None
        try:
            audio = str(json.loads(read_file(path))["audio"]["file"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return audio if self.find(audio) is not None else None

    def touch(self, pages: Collection[str]) -> None:
        """These pages are in use, and what they name."""
        for page in pages:
            for name in filter(None, (page, self.audio_of(page))):
                with contextlib.suppress(OSError):
                    os.utime(self.folder / name)

    def remember(self, origin: str, page: str) -> None:
        """A page was made of what ``origin`` describes in full.

        Raises:
            OSError: if the folder cannot be written.
        """
        (self.folder / ORIGINS).mkdir(parents=True, exist_ok=True)
        write_atomically(self.folder / ORIGINS / hash_of(origin.encode()), page.encode(), lasting=False)

    def recall(self, origin: str) -> str | None:
        """The page that was made of it, if that is still there whole."""
        try:
            page = read_file(self.folder / ORIGINS / hash_of(origin.encode())).decode("ascii", "replace")
        except OSError:
            return None
        return page if self.audio_of(page) is not None else None

    def put(self, content: bytes, ending: str) -> str:
        """Keep a file; its name.

        Raises:
            OSError: if the folder cannot be written.
        """
        name = f"{hash_of(content)}.{ending}"
        if self.find(name) is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self.folder / name, content)
        return name

    def tidy(self) -> None:
        """Throw away what was not used for longest, until the rest fits."""
        sizes: dict[Path, int] = {}
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                with contextlib.suppress(OSError):
                    if _NAME.fullmatch(path.name):
                        sizes[path] = path.stat().st_size
        total = sum(sizes.values())
        for path in oldest_first(sizes):
            if total <= self._quota:
                break
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime >= SAFE:
                    path.unlink()
                    total -= sizes[path]
        self._forget_origins()

    def _forget_origins(self) -> None:
        """Forget what pages were made of that are gone."""
        with contextlib.suppress(OSError):
            for path in (self.folder / ORIGINS).iterdir():
                with contextlib.suppress(OSError):
                    if self.find(read_file(path).decode("ascii", "replace")) is None:
                        path.unlink()
