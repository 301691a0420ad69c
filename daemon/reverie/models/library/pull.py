"""Pulls a published model: downloads it, checks it against what was pulled before, and imports it.

Magenta publishes no checksums. So the first time that a model was pulled and could be imported, the SHA-256 of each of
its files is kept in ``known-hashes.json`` beside the models, and ever after another file is refused.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from reverie.advice import advice_on
from reverie.errors import reason_of
from reverie.files import read_file, write_atomically
from reverie.locks import Hold, try_lock
from reverie.models.errors import ModelError
from reverie.models.library.card import SUFFIX, read_card
from reverie.models.library.catalogue import PublishedModel
from reverie.models.library.download import Progress, download
from reverie.models.library.formats.browser import MAGENTA_JS_CONFIG, MAGENTA_JS_MANIFEST, shards_in
from reverie.models.library.formats.reading import fingerprint
from reverie.models.library.importing import Imported, ImportRequest, check_name, import_model

KNOWN = "known-hashes.json"
_DOWNLOADS = ".pulling"


def pull(entry: PublishedModel, folder: Path, progress: Progress, request: ImportRequest | None = None) -> Imported:
    """Download a published model and import it into ``folder``; one that is there already is left as it is.

    Raises:
        ModelError: if it cannot be had, is not what was pulled before, or cannot be imported. What is installed is not
            touched, and a download that broke off goes on the next time.
    """
    request = request or ImportRequest()
    if entry.config is None:
        raise ModelError(f"{entry.name} was not pulled, since Reverie cannot play it: {entry.why_not}")
    name = request.name or entry.name
    check_name(name)
    path = folder / f"{name}{SUFFIX}"
    if path.exists() and not request.replace:
        card = read_card(path)
        if card.source.get("url") == entry.url:
            return Imported(path, card, (f"{path} is there already",))
        raise ModelError(f"{path} is there already and comes from elsewhere; give another --name, or --replace")
    source = {"url": entry.url, "licence": entry.licence, "description": entry.description, **request.source}
    complete = replace(request, name=name, config=request.config or entry.config, source=source)
    downloads = folder / _DOWNLOADS / entry.name
    try:
        downloads.mkdir(parents=True, exist_ok=True)
        with _alone(downloads):
            return _pull(entry, downloads, folder, complete, progress)
    except OSError as error:
        place = Path(error.filename or folder)
        raise ModelError(f"{place}: cannot be written ({reason_of(error)}); {advice_on(error, place)}") from error
    finally:
        for place in (downloads / _last(entry.url), downloads, downloads.parent):
            with contextlib.suppress(OSError):  # what broke off is kept
                place.rmdir()


def _pull(entry: PublishedModel, downloads: Path, folder: Path, request: ImportRequest, progress: Progress) -> Imported:
    known = known_hashes(folder)
    model = downloads / _last(entry.url)
    fresh = {url: _checked(url, file, known) for url, file in _files(entry, model, progress)}
    try:
        imported = import_model(model, folder, request)
    except ModelError as error:
        raise ModelError(f"{error} (pulled from {entry.url})") from error
    finally:
        _remove(model)
    if not fresh.items() <= known.items():
        # Read again: another pull may have added its own meanwhile.
        text = json.dumps({**known_hashes(folder), **fresh}, indent=2, sort_keys=True)
        write_atomically(folder / KNOWN, f"{text}\n".encode())
    return imported


def _files(entry: PublishedModel, model: Path, progress: Progress) -> Iterator[tuple[str, Path]]:
    """Download a model's files: one, or those of a magenta.js checkpoint, which says itself which it has."""
    if entry.format != "magenta.js":
        yield _fetched(entry.url, model, progress)
        return
    model.mkdir(exist_ok=True)
    url, manifest = _fetched(f"{entry.url}/{MAGENTA_JS_MANIFEST}", model / MAGENTA_JS_MANIFEST, progress)
    yield url, manifest
    try:
        shards = shards_in(manifest.read_bytes())
    except ModelError:
        _remove(model)
        raise
    for shard in shards:
        yield _fetched(f"{entry.url}/{shard}", model / shard, progress)
    with contextlib.suppress(FileNotFoundError):  # not every model has one
        yield _fetched(f"{entry.url}/{MAGENTA_JS_CONFIG}", model / MAGENTA_JS_CONFIG, progress, optional=True)


def _fetched(url: str, file: Path, progress: Progress, *, optional: bool = False) -> tuple[str, Path]:
    """A file of the model, which may have come before another that broke off.

    Raises:
        FileNotFoundError: if it is optional, and not published.
        ModelError: if it cannot be had.
    """
    if not file.exists():
        try:
            download(url, file, progress)
        except FileNotFoundError as error:
            if optional:
                raise
            raise ModelError(f"{url}: is not published there any more") from error
    return url, file


def _checked(url: str, file: Path, known: Mapping[str, str]) -> str:
    """The SHA-256 of a file that was downloaded.

    Raises:
        ModelError: if it is another than it was; the file is gone then.
    """
    found = fingerprint(file)
    if known.get(url, found) != found:
        file.unlink()
        raise ModelError(
            f"{url}: is not the file that was pulled before (its SHA-256 is {found}, and was {known[url]}), so it is"
            f" not used; if its publisher means it, remove its line from {KNOWN}"
        )
    return found


def known_hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file that was pulled into ``folder``, by its URL.

    Raises:
        ModelError: if the record is damaged; without it nothing could be trusted.
    """
    path = folder / KNOWN
    try:
        data = json.loads(read_file(path))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: cannot be read; mend it, or remove it to trust what is published now") from error
    if not isinstance(data, dict):
        raise ModelError(f"{path}: is no record of hashes; mend it, or remove it to trust what is published now")
    return {str(url): str(digest) for url, digest in data.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


@contextlib.contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Keep a second pull of the same model out.

    Raises:
        ModelError: if there is one.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if try_lock(descriptor) is Hold.TAKEN:
            raise ModelError(f"{folder.name} is being pulled already")
        yield
    finally:
        os.close(descriptor)


def _last(url: str) -> str:
    return url.rpartition("/")[2]


def _remove(model: Path) -> None:
    if model.is_dir():
        shutil.rmtree(model)
    else:
        model.unlink(missing_ok=True)
