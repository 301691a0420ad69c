"""Where the sound files of a scene's sources lie. Nothing is read here, and nothing numeric imported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reverie.folders import patiently
from reverie.places import sounds_folder
from reverie.scenes.timbre_sources import SHIPPED

SUFFIXES = (".wav", ".flac", ".mp3")


def find_source(written: str, folders: Sequence[Path]) -> Path:
    """Where a source of a scene lies: the first of ``folders`` that has it counts.

    The first is that of the scene's file; the site's other folders of scenes come after it, since a scene that is
    kept as last good has lost its own. Of a source that is nowhere, it is where it should be.
    """
    if written.startswith(SHIPPED):
        name = written.removeprefix(SHIPPED)
        shipped = [path for path in _shipped() if path.stem == name]
        return shipped[0] if shipped else sounds_folder() / f"{name}{SUFFIXES[0]}"
    candidates = [folder / written for folder in folders] or [Path(written)]
    return next((path for path in candidates if _is_there(path)), candidates[0])


def shipped_sounds() -> tuple[str, ...]:
    """The names of the sounds that are shipped, sorted."""
    return tuple(sorted(path.stem for path in _shipped()))


def _shipped() -> list[Path]:
    return [path for suffix in SUFFIXES for path in sorted(sounds_folder().glob(f"*{suffix}"))]


def _is_there(path: Path) -> bool:
    """Whether it can be found; of a folder that is closed, or a share that is gone, nobody can say that it is not."""
    try:
        return patiently(path, path.exists)
    except OSError:
        return False
