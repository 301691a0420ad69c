"""A backup: all of an installation that cannot be made again, in one archive whose parts are checked.

It is a tar file, compressed, with the manifest at its end: what the parts are to be, by their checksums. What can be
made again stays out: the tape, rendered banks, pictures, and what models remember. So do secrets.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from reverie.conductor.keeping.backup_parts import SCENES, BackupParts
from reverie.errors import ReverieError, reason_of
from reverie.files import LARGEST, OddFileError, open_file, read_file, take_place
from reverie.history.box import Box
from reverie.models.library.index import ModelFile
from reverie.site.schema import Site

FORMAT = 1
"""Of the archive, by its generation and step (:mod:`reverie.generations`)."""
MANIFEST = "manifest.json"
LARGE = frozenset({".sqlite", ".safetensors"})
"""How files end that are read piece by piece."""
STAGED = ".restoring-"
_AT_ONCE = 100
"""Pages of a database that are copied at a time, so that whoever writes it need not wait."""


class BackupError(ReverieError):
    """A backup cannot be made, or it is none."""


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What is in a backup: how many files and bytes, and sentences on what was left out."""

    files: int
    size: int
    left_out: tuple[str, ...]


@dataclass(slots=True)
class _Archive:
    tar: tarfile.TarFile
    files: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    left_out: list[str] = field(default_factory=list[str])

    def add(self, name: str, path: Path, *, large: bool = False) -> None:
        """Add a file as it is now; what cannot be read is left out, and told."""
        try:
            if large:
                with open_file(path) as file:
                    self._write(name, file, path.stat().st_size)
            else:
                data = read_file(path, LARGEST)
                self._write(name, io.BytesIO(data), len(data))
        except FileNotFoundError:
            return  # it has gone since it was looked for
        except OddFileError as error:
            self.left_out.append(str(error))
        except OSError as error:
            if error.filename is None or Path(error.filename) != path:
                raise
            self.left_out.append(f"{path}: {reason_of(error)}")

    def _write(self, name: str, file: IO[bytes], size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = size, int(time.time()), 0o644
        reading = HashingReader(file)
        self.tar.addfile(info, reading)  # pyright: ignore[reportArgumentType] - it needs no more than read
        self.files[name] = {"bytes": size, "sha256": reading.digest}

    def finish(self, manifest: dict[str, Any]) -> None:
        """Write what is in it, as the last part."""
        data = json.dumps({**manifest, "files": self.files}, indent=1).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mtime, info.mode = len(data), int(time.time()), 0o644
        self.tar.addfile(info, io.BytesIO(data))


class HashingReader:
    """Reads a file, and knows the checksum of what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """Of all that was read up to now."""
        return self._hash.hexdigest()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self._file.read(size)
        self._hash.update(data)
        return data


def make_backup(
    out: Path,
    site: Site,
    configuration: Path | None,
    box: Box,
    version: str,
    bundles: dict[str, ModelFile],
    *,
    with_models: bool = False,
    told: Callable[[str], object] = lambda _: None,
) -> BackupReport:
    """Write a backup, whether the daemon runs or not; the file is either whole or not there.

    Args:
        out: The file.
        site: The configuration that counts.
        configuration: Its file; None where only the shipped one counts.
        box: Which box it is of.
        version: The version of Reverie that makes it.
        bundles: The models there are.
        with_models: Whether those that are not shipped are taken along.
        told: Called with the name of each part as it is written.

    Raises:
        BackupError: if a database of the state is damaged.
        OSError: if it cannot be written.
    """
    part = out.with_name(f".{out.name}.part")
    own = _own_models(site, bundles)
    parts = BackupParts(site, configuration, own.values() if with_models else ())
    try:
        with (
            part.open("wb") as file,
            tempfile.TemporaryDirectory(dir=out.parent, prefix=".backup-") as folder,
            tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar,
        ):
            archive = _Archive(tar)
            for name, path in parts:
                told(name)
                if path.suffix == ".sqlite":
                    path = _snapshot(path, Path(folder))  # noqa: PLW2901 - as it is written
                archive.add(name, path, large=path.suffix in LARGE or name.startswith(SCENES))
            archive.finish(
                {
                    "format": FORMAT,
                    "version": version,
                    "made": round(time.time(), 3),
                    "box": box.as_json(),
                    "scenes": [str(folder) for folder in site.scenes],
                    "models": [
                        {"name": name, "sha256": model.sha256, "file": model.path.name, "shipped": name not in own}
                        for name, model in sorted(bundles.items())
                    ],
                }
            )
        take_place(part, out)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    left_out = [*archive.left_out, *parts.left_out]
    return BackupReport(len(archive.files), out.stat().st_size, tuple(left_out))


def _snapshot(path: Path, folder: Path) -> Path:
    """A copy of a database as it is at one moment, while somebody writes it.

    Raises:
        BackupError: if it is damaged.
    """
    copy = folder / path.name
    try:
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10.0)) as file,
            closing(sqlite3.connect(copy)) as other,
        ):
            file.backup(other, pages=_AT_ONCE, sleep=0.01)
            other.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise BackupError(
            f"{path} cannot be copied ({error}): see `reverie history check`, and move it away if it is damaged"
        ) from error
    return copy


def _own_models(site: Site, bundles: dict[str, ModelFile]) -> dict[str, ModelFile]:
    """Those that are not shipped."""
    folder = site.models or site.state_folder / "models"
    return {name: model for name, model in bundles.items() if model.path.is_relative_to(folder)}
