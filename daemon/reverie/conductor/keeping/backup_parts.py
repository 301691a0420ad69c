"""What is part of a backup: all of an installation that cannot be made again, but no secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from reverie.documents import DocumentError, read_document
from reverie.models.library.index import ModelFile
from reverie.scenes.named_sounds import sounds_named
from reverie.scenes.pattern import files_of
from reverie.site.learned import beside
from reverie.site.schema import Site
from reverie.site.secret_paths import secret_paths

CONFIGURATION, SCENES, STATE, MODELS = "configuration", "scenes", "state", "models"
SITE_FILE = "reverie.yaml"
"""How the site's file is called in a backup, whatever it is called elsewhere."""
REMADE = frozenset(
    {
        *("tape", "timbre", "models", "ledger", "memories", "pictures", "browser-sounds", "configurations"),
        *("lock", "daemon.socket", "room.sock", "lives.json", "standing.json", "notices.json", "presence.json"),
    }
)
"""What of the state folder is left out: it can be made again, belongs to this very machine or this very moment (where
the music stands, who is there, which messages wait), or is the models, which are taken along only if that is asked."""
ASIDE = "before-restore-"
"""How the folder begins in which it lies what was there before something was restored."""


class SecretPlaces:
    """The files of secrets that a site names, by what they are and not by how they are called: links lead to them."""

    def __init__(self, site: Site) -> None:
        self.named = tuple(secret_paths(site))
        self._files = {mark for _, path in self.named if (mark := _identity(path)) is not None}

    def has(self, path: Path) -> bool:
        """Whether a file is one of them."""
        return bool(self._files) and _identity(path) in self._files

    def is_below(self, folder: Path) -> bool:
        """Whether one of them lies in a folder."""
        return bool(self._files) and folder.is_dir() and any(self.has(path) for path in folder.rglob("*"))


@dataclass(slots=True)
class BackupParts:
    """Finds the parts of a backup; ``left_out`` has sentences on what a person has to bring along by hand."""

    site: Site
    configuration: Path | None
    models: Iterable[ModelFile]
    left_out: list[str] = field(default_factory=list[str])

    def __iter__(self) -> Iterator[tuple[str, Path]]:
        """The names of all parts, and the files that they are of."""
        secrets = SecretPlaces(self.site)
        for name, path in self._named():
            if not secrets.has(path):
                yield name, path
        for way, path in secrets.named:
            self.left_out.append(f"{path} ({'.'.join(map(str, way))}) is a secret: copy it by hand")
        if self.site.cues.folder is not None:
            self.left_out.append(f"{self.site.cues.folder} (cues.folder) has sounds: copy it by hand")

    def _named(self) -> Iterator[tuple[str, Path]]:
        if self.configuration is not None:
            yield f"{CONFIGURATION}/{SITE_FILE}", self.configuration
            if (learned := beside(self.configuration)).exists():
                yield f"{CONFIGURATION}/{learned.name}", learned
        for number, folder in enumerate(self.site.scenes):
            if folder.is_dir():
                for path in self._scenes_of(folder):
                    yield f"{SCENES}/{number}/{path.relative_to(folder).as_posix()}", path
        state = self.site.state_folder
        for path in lasting(state):
            files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
            for one in files:
                if not is_passing(one):
                    yield f"{STATE}/{one.relative_to(state).as_posix()}", one
        for model in self.models:
            yield f"{MODELS}/{model.path.name}", model.path

    def _scenes_of(self, folder: Path) -> Iterator[Path]:
        """The scenes of a folder, and what they name that lies in it; what lies elsewhere is told."""
        scenes = sorted(folder.glob("*.yaml"))
        yield from scenes
        within, beyond = set[Path](), dict[Path, str]()
        for scene in scenes:
            for name in _named_by(scene):
                path = folder / name
                if PurePath(name).is_absolute() or ".." in PurePath(name).parts:
                    beyond.setdefault(path, scene.name)
                elif path.is_file():
                    within.add(path)
        yield from sorted(within - {*scenes})
        self.left_out += [
            f"{path} ({_size([path])}), which {scene} names, lies beyond its folder: copy it by hand"
            for path, scene in sorted(beyond.items())
        ]
        taken = {*scenes, *within}
        others = [one for one in folder.iterdir() if one.is_file() and one not in taken and not is_passing(one)]
        if others:
            few = f"{len(others)} files" if len(others) > 1 else "one file"
            self.left_out.append(f"{few} of {folder} ({_size(others)}) no scene names, such as {min(others).name}")


def lasting(state: Path, secrets: SecretPlaces | None = None) -> list[Path]:
    """What of a state folder is part of a backup, and gives way to one: files, and folders with all that is in them.

    Of a folder that has ``secrets`` it is the single files but these, for they stay where they are.
    """
    found: list[Path] = []
    for path in sorted(state.iterdir()) if state.is_dir() else ():
        if path.name in REMADE or is_passing(path):
            continue
        if secrets is not None and secrets.is_below(path):
            found += [one for one in sorted(path.rglob("*")) if not one.is_dir() and not secrets.has(one)]
        elif secrets is None or not secrets.has(path):
            found.append(path)
    return found


def is_passing(path: Path) -> bool:
    """Whether a file is hidden, was set aside, or lies beside a database for as long as that is written."""
    name = path.name
    return name.startswith((".", ASIDE)) or ".broken-" in name or name.endswith(("-wal", "-shm")) or path.is_symlink()


def _named_by(scene: Path) -> tuple[str, ...]:
    try:
        document = read_document(scene)
    except DocumentError:
        return ()  # it is taken along as it is
    return (*files_of(document), *sounds_named(document))


def _size(paths: Iterable[Path]) -> str:
    found = 0
    for path in paths:
        try:
            found += path.stat().st_size
        except (OSError, ValueError):
            return "not there"
    return f"{found / 1e6:.1f} MB"


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
