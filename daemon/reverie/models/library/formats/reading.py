"""Reads a model in whichever foreign format it is."""

from __future__ import annotations

import hashlib
import lzma
import struct
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

from reverie.files import open_file, read_file
from reverie.models.coconet.published import read_hparams
from reverie.models.errors import ModelError
from reverie.models.gansynth.experiment import EXPERIMENT, read_experiment
from reverie.models.library.formats.browser import (
    DEEPLEARN_MANIFEST,
    MAGENTA_JS_MANIFEST,
    read_deeplearn,
    read_magenta_js,
)
from reverie.models.library.formats.checkpoint import files_of, graph_of, is_checkpoint, read_checkpoint
from reverie.models.library.formats.mag import read_mag
from reverie.models.library.formats.tensors import LARGEST, ForeignModel

_BLOCK = 1 << 20
_BROKEN = (
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
)
"""What Python's readers of archives raise over damaged ones; ``tarfile`` asks for as much memory as a header says."""
_FORMATS = (
    "a Magenta bundle (.mag), a TensorFlow checkpoint (also as .tar), a GANSynth's folder (also as .zip), a magenta.js"
    " checkpoint or a deeplearn.js dump"
)
_FOLDERS = {MAGENTA_JS_MANIFEST: read_magenta_js, DEEPLEARN_MANIFEST: read_deeplearn, EXPERIMENT: read_experiment}
"""What reads a folder in which such a file lies."""


def read_source(path: Path) -> ForeignModel:
    """Read a Magenta bundle, a TensorFlow checkpoint, a magenta.js checkpoint or a deeplearn.js dump.

    Raises:
        ModelError: if ``path`` is none of these, or damaged.
    """
    try:
        return _read(path)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error


def _read(path: Path) -> ForeignModel:
    if path.is_dir():
        for file, read in _FOLDERS.items():
            if (path / file).is_file():
                return read(path)
    elif path.name in _FOLDERS:
        return _read(path.parent)
    elif path.suffix == ".mag":
        return read_mag(read_file(path, LARGEST))
    elif path.suffix in {".tar", ".tgz"} or path.name.endswith(".tar.gz"):
        return _from_archive(path)
    elif path.suffix == ".zip":
        return _from_zip(path)
    elif not is_checkpoint(path):
        raise ModelError(f"is none of what can be imported: {_FORMATS}" if path.exists() else "is not there")
    return _checkpoint(path)


def _checkpoint(path: Path) -> ForeignModel:
    stage = path if path.is_dir() else path.parent
    if stage.name.startswith("stage_") and (stage.parent / EXPERIMENT).is_file():
        return read_experiment(stage.parent, stage)
    if design := read_hparams(stage):
        return ForeignModel("TensorFlow checkpoint", read_checkpoint(path), "coconet", design.as_settings())
    return ForeignModel("TensorFlow checkpoint", read_checkpoint(path), graph=graph_of(path))


def _from_archive(path: Path) -> ForeignModel:
    with tempfile.TemporaryDirectory(prefix="reverie-import-") as folder:
        try:
            with open_file(path) as file, tarfile.open(fileobj=file) as archive:
                size = 0
                for member in archive:
                    size += member.size
                    _check_size(size)
                    archive.extract(member, folder, filter="data")
        except (tarfile.TarError, *_BROKEN) as error:
            raise ModelError(f"is no archive, or cut off ({error}); copy or pull it again") from error
        return _checkpoint(Path(folder))


def _from_zip(path: Path) -> ForeignModel:
    """GANSynth is published as an archive of its folder."""
    with tempfile.TemporaryDirectory(prefix="reverie-import-") as folder:
        try:
            with open_file(path) as file, zipfile.ZipFile(file) as archive:
                _check_size(sum(member.file_size for member in archive.infolist()))
                for member in archive.infolist():
                    archive.extract(member, folder)
        except (zipfile.BadZipFile, *_BROKEN) as error:
            raise ModelError(f"is no archive, or cut off ({error}); copy or pull it again") from error
        found = sorted(Path(folder).rglob(EXPERIMENT))
        if len(found) != 1:
            raise ModelError(f"has {len(found)} files {EXPERIMENT} in it, and a GANSynth has one")
        return read_experiment(found[0].parent)


def _check_size(size: int) -> None:
    """Whether what an archive unpacks to is no larger than a model can be.

    Raises:
        ModelError: if it would fill the disk.
    """
    if size > LARGEST:
        raise ModelError(f"unpacks to more than {LARGEST / 1e9:.0f} GB, which no model has; unpack it yourself")


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file; where a model is several, that of theirs with their names, as ``sha256sum`` writes them.

    Raises:
        ModelError: if one cannot be read.
    """
    try:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.is_file())
        elif path.is_file() and path.suffix not in {".index", ".meta"} and ".data-" not in path.name:
            return _sha256(path)
        else:
            files = files_of(path)
        sums = "".join(f"{_sha256(file)}  {file.name}\n" for file in files)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
    return hashlib.sha256(sums.encode()).hexdigest()


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open_file(path) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
