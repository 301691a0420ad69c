"""A backup put back: all of it is checked first, what was there is kept aside, and either all is exchanged or nothing.

New files are laid beside their places, in hidden folders. Then what is there is moved aside and the new moved in, by
renames alone; before the first of them the plan is written down, so that whoever comes after a power cut undoes what
was begun.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import json
import os
import shutil
import stat
import tarfile
import time
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

from reverie.conductor.keeping.backup_archive import FORMAT, MANIFEST, STAGED, BackupError, HashingReader
from reverie.conductor.keeping.backup_parts import (
    ASIDE,
    CONFIGURATION,
    MODELS,
    SCENES,
    SITE_FILE,
    STATE,
    SecretPlaces,
    lasting,
)
from reverie.conductor.single_instance import Alone
from reverie.documents import DocumentError, read_document, validate
from reverie.files import read_file, write_atomically
from reverie.generations import STEPS, is_readable
from reverie.history.box import FILE as BOX
from reverie.history.box import Box
from reverie.history.sqlite_file import beside
from reverie.site.learned import FILE as LEARNED
from reverie.site.learned import merged
from reverie.site.schema import Site
from reverie.watch.faults import Faults

PLAN = "plan.json"
_MODE = 0o644
"""Of files that were put back: who may enter their folder may read them, as the service does what root has written."""
_LARGEST_MANIFEST = 50_000_000
_ROOTS = (CONFIGURATION, SCENES, STATE, MODELS)
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What a backup says of itself; ``files`` have by name their bytes and SHA-256."""

    version: str
    made: float
    box: Mapping[str, Any]
    models: tuple[Mapping[str, Any], ...]
    files: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it: how many files, for which state folder, where what was there lies now, and what is missing."""

    files: int
    state: Path
    aside: tuple[Path, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Move:
    """A new file or folder, where it goes, and where it goes what is there; without ``new`` that alone."""

    new: Path | None
    place: Path
    aside: Path

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> _Move:
        """One as it is written down."""
        return cls(Path(row["new"]) if row["new"] else None, Path(row["place"]), Path(row["aside"]))

    @property
    def _is_in(self) -> bool:
        return self.new is not None and not os.path.lexists(self.new) and os.path.lexists(self.place)

    @property
    def is_begun(self) -> bool:
        """Whether there is something to undo."""
        return self._is_in or os.path.lexists(self.aside)

    def undo(self) -> None:
        """Move back what was moved in, and what was moved aside."""
        if self.new is not None and self._is_in:
            self.place.rename(self.new)
        if os.path.lexists(self.aside) and not os.path.lexists(self.place):
            self.aside.rename(self.place)


def check_backup(path: Path, told: Callable[[str], object] = lambda _: None) -> BackupManifest:
    """Read a whole backup, and hold every part to its checksum.

    Raises:
        BackupError: if it is none, is damaged or not whole, or only a later version reads it.
        OSError: if it cannot be read.
    """
    seen: dict[str, dict[str, Any]] = {}
    manifest: Any = None
    with _told_if_broken(path):
        for member, reading in _members(path):
            if member.name == MANIFEST:
                manifest = json.loads(reading.read(_LARGEST_MANIFEST))
                continue
            told(member.name)
            while reading.read(_BLOCK):
                pass
            seen[member.name] = {"bytes": member.size, "sha256": reading.digest}
    if not isinstance(manifest, dict):
        raise BackupError(f"{path} is not whole: it has no {MANIFEST} at its end; make the backup, or copy it, again")
    said = cast("dict[str, Any]", manifest)
    _check_format(path, said)
    files = said["files"]
    for name in sorted(files.keys() | seen.keys()):
        if files.get(name) != seen.get(name):
            raise BackupError(
                f"{path} is damaged: {name} is not what was backed up; copy it again from where it was made"
            )
    return BackupManifest(said["version"], said["made"], said["box"], tuple(said["models"]), files)


def _check_format(path: Path, said: Mapping[str, Any]) -> None:
    try:
        number, version = said["format"], str(said["version"])
        _ = said["made"], said["box"], said["models"], said["files"].keys()
    except (KeyError, AttributeError) as error:
        raise BackupError(f"{path} is no backup of Reverie: its {MANIFEST} does not say {error}") from error
    if not is_readable(number, FORMAT):
        newer = isinstance(number, int) and number // STEPS > FORMAT // STEPS
        advice = f"install Reverie {version} or later first" if newer else "restore it with the version that made it"
        raise BackupError(
            f"{path} was made by Reverie {version}, in format {number}, which this version does not read; {advice}"
        )


def restore(
    path: Path,
    manifest: BackupManifest,
    configuration: Path,
    state: Path,
    *,
    name: str | None = None,
    told: Callable[[str], object] = lambda _: None,
) -> Restored:
    """Put a backup in the place of what is there; it was checked by :func:`check_backup`.

    Args:
        path: The backup.
        manifest: What it says of itself.
        configuration: Where the site's file goes, and what was learned beside it.
        state: The state folder, where the configuration in the backup names none.
        name: The name of another box, which this one is to be: a clone of the one that was backed up.
        told: Called with the name of each part as it is laid out.

    Raises:
        BackupError: if the configuration in it is at fault here.
        AlreadyRunsError: if a daemon plays from the state folder.
        OSError: if something cannot be written: nothing has changed then.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    site = _site_in(path, configuration, stamp) or Site()
    folder = site.state or state
    places = _BackupPlaces(configuration, site.scenes, folder, site.models or folder / MODELS)
    with Alone(folder, Faults()):
        undo_unfinished(folder)
        try:
            _lay_out(path, manifest, places, stamp, name, told)
            _exchange(folder, stamp, [*_moves(places, SecretPlaces(site), stamp)])
        finally:
            if not (folder / f"{STAGED}{stamp}" / PLAN).exists():  # else it could not be undone yet
                for root in places.roots:
                    shutil.rmtree(root / f"{STAGED}{stamp}", ignore_errors=True)
    aside = tuple(root / f"{ASIDE}{stamp}" for root in places.roots if (root / f"{ASIDE}{stamp}").is_dir())
    return Restored(len(manifest.files), folder, aside, tuple(_missing(manifest, places)))


def _lay_out(
    path: Path,
    manifest: BackupManifest,
    places: _BackupPlaces,
    stamp: str,
    name: str | None,
    told: Callable[[str], object],
) -> None:
    """Lay all parts beside their places."""
    for member, reading in _members(path):
        if member.name != MANIFEST and (place := places.of(member.name)) is not None:
            told(member.name)
            root, relative = place
            _lay(root / f"{STAGED}{stamp}" / relative, reading)
    if name is not None or f"{STATE}/{BOX}" not in manifest.files:
        written = Box.new(name or "").written()
        _lay(places.state / f"{STAGED}{stamp}" / BOX, HashingReader(io.BytesIO(written)))


@dataclass(frozen=True, slots=True)
class _BackupPlaces:
    """Where the parts of a backup go."""

    configuration: Path
    scenes: tuple[Path, ...]
    state: Path
    models: Path

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders in which something is exchanged, each once."""
        return tuple(dict.fromkeys((self.configuration.parent, *self.scenes, self.state, self.models)))

    def of(self, name: str) -> tuple[Path, Path] | None:
        """The folder and the place in it of a part; None for one of a folder of scenes that is named no more."""
        kind, *rest = PurePosixPath(name).parts
        if kind == SCENES:
            number = int(rest[0])
            return (self.scenes[number], Path(*rest[1:])) if number < len(self.scenes) else None
        if (kind, rest) == (CONFIGURATION, [SITE_FILE]):
            return self.configuration.parent, Path(self.configuration.name)
        root = {CONFIGURATION: self.configuration.parent, STATE: self.state, MODELS: self.models}[kind]
        return root, Path(*rest)


def undo_unfinished(state: Path) -> bool:
    """Undo a restore that a power cut has broken off; whether there was one.

    Raises:
        OSError: if what was moved cannot be moved back; where that can be seen before, all stays as it is.
    """
    found = False
    for plan in sorted(state.glob(f"{STAGED}*/{PLAN}")):
        rows: list[dict[str, Any]] = json.loads(read_file(plan))
        moved = [move for row in reversed(rows) if (move := _Move.of(row)).is_begun]
        for folder in {move.place.parent for move in moved}:
            if not os.access(folder, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
        for move in moved:
            move.undo()
        found = True
        for folder in {plan.parent, *(_staged(Path(row["new"])) for row in rows if row["new"])}:
            shutil.rmtree(folder, ignore_errors=True)
    return found


def _staged(new: Path) -> Path:
    """The folder beside its place in which a part was laid out."""
    return next((folder for folder in new.parents if folder.name.startswith(STAGED)), new.parent)


def _exchange(state: Path, stamp: str, moves: list[_Move]) -> None:
    """Move what is there aside, and the new in; where one move fails, all are undone.

    Raises:
        OSError: if one fails.
    """
    plan = state / f"{STAGED}{stamp}" / PLAN
    rows = [{"new": one.new and str(one.new), "place": str(one.place), "aside": str(one.aside)} for one in moves]
    write_atomically(plan, json.dumps(rows).encode())
    try:
        for one in moves:
            if os.path.lexists(one.place):
                one.aside.parent.mkdir(parents=True, exist_ok=True)
                one.place.rename(one.aside)
            if one.new is not None:
                _make_folder(one.place.parent)
                one.new.rename(one.place)
    except BaseException:  # somebody who has lost patience too
        undo_unfinished(state)
        raise
    plan.unlink()


def _moves(places: _BackupPlaces, secrets: SecretPlaces, stamp: str) -> Iterator[_Move]:
    """What is to be moved: of the state all that lasts gives way, elsewhere what has the same name.

    Secrets stay: no backup has them. Folders of scenes may have more than the backup, which stays too. A database takes
    along what lies beside it, or that would be carried over into the one in its place.
    """
    staged = f"{STAGED}{stamp}"
    for root in places.roots:
        there = {one.relative_to(root) for one in lasting(root, secrets)} if root == places.state else set[Path]()
        new: dict[Path, Path] = {}
        for one in sorted((root / staged).iterdir()) if (root / staged).is_dir() else ():
            whole = root == places.state and not secrets.is_below(root / one.name)
            files = [one] if whole or one.is_file() else [file for file in sorted(one.rglob("*")) if file.is_file()]
            new |= {file.relative_to(root / staged): file for file in files}
        journals = {one.relative_to(root) for name in new.keys() | there for one in beside(root / name)}
        for name in sorted(new.keys() | there | journals):
            yield _Move(new.get(name), root / name, root / f"{ASIDE}{stamp}" / name)


def _members(path: Path) -> Iterator[tuple[tarfile.TarInfo, HashingReader]]:
    """The parts of a backup, one after the other.

    Raises:
        BackupError: if it is none, or has what no backup has.
    """
    with gzip.open(path) as raw, tarfile.open(fileobj=raw, mode="r|") as tar:
        for member in tar:
            parts = PurePosixPath(member.name).parts
            plain = member.isreg() and ".." not in parts and not member.name.startswith("/")
            if not plain or (member.name != MANIFEST and (len(parts) == 1 or parts[0] not in _ROOTS)):
                raise BackupError(f"{path} is no backup of Reverie: it has {member.name!r}")
            file = tar.extractfile(member)
            if file is not None:
                yield member, HashingReader(file)
        while raw.read(_BLOCK):  # to the end, where gzip has a checksum of all
            pass


@contextlib.contextmanager
def _told_if_broken(path: Path) -> Generator[None]:
    try:
        yield
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError) as error:
        raise BackupError(
            f"{path} is no whole backup of Reverie ({error}); copy it again from where it was made"
        ) from error


def _site_in(path: Path, configuration: Path, stamp: str) -> Site | None:
    """The configuration in a backup, as it counts in its new place; None if there is none.

    Raises:
        BackupError: if it is at fault there.
    """
    folder = configuration.parent / f"{STAGED}{stamp}"
    try:
        for member, reading in _members(path):
            if member.name.startswith(f"{CONFIGURATION}/"):
                _lay(folder / PurePosixPath(member.name).name, reading)
        written = folder / SITE_FILE
        if not written.exists():
            return None
        document = merged(read_document(written), folder / LEARNED)
        return validate(document, Site, {"folder": configuration.absolute().parent})
    except DocumentError as error:
        raise BackupError(
            f"the configuration in {path} is at fault here, and nothing was restored:\n{error}"
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lay(path: Path, reading: HashingReader) -> None:
    """Write a part beside its place, and let it last; root's umask and name keep nobody from it."""
    _make_folder(path.parent)
    with path.open("wb") as file:
        while data := reading.read(_BLOCK):
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    _give(path, _MODE)


def _make_folder(folder: Path) -> None:
    """Make a folder, and those that it lies in, each as open as the one in which it lies."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _give(folder, stat.S_IMODE(folder.parent.stat().st_mode))


def _give(path: Path, mode: int) -> None:
    """Give what root has written to whoever has its folder."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        with contextlib.suppress(OSError):
            os.chown(path, owner.st_uid, owner.st_gid)
            path.chmod(mode)


def _missing(manifest: BackupManifest, places: _BackupPlaces) -> Iterator[str]:
    for model in manifest.models:
        name = f"{MODELS}/{model['file']}"
        if not model["shipped"] and name not in manifest.files and not (places.models / model["file"]).exists():
            yield (
                f"the model {model['name']} ({str(model['sha256'])[:12]}) is not in the backup: put {model['file']} "
                f"into {places.models}, or make the backup with --models"
            )
