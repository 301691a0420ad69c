"""The folders in which scenes lie, and the last good version of each."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.advice import advice_on
from reverie.documents import Document, DocumentError, DocumentFault, did_you_mean, read_document, validate
from reverie.errors import ReverieError, reason_of
from reverie.files import read_file, write_in_any_case
from reverie.folders import Listing, list_folder, patiently
from reverie.models.library.index import ModelFile
from reverie.music.midi_import import LARGEST
from reverie.scenes.pattern import BESIDE, files_of
from reverie.scenes.schema import Scene

SUFFIX = ".yaml"
REST = frozenset({"off", "no", "none", "nil", "nothing", "rest", "silence", "silent", "pause", "false"})
"""What people write who mean rest, if no scene has that name."""

Models = Collection[str] | Mapping[str, Collection[str]] | Mapping[str, ModelFile]
"""The names of the models that exist, or by name the kinds of voice that each can be, or all that is known of each."""

_NAMES = frozenset({"models", "files", "slots"})
"""Facts that decide nothing but whether a name is one of something that exists, and can be what it is to be."""

_log = logging.getLogger(__name__)


class SceneError(ReverieError):
    """There is no such scene."""


@dataclass(frozen=True, slots=True)
class LoadedScene:
    """A scene that can be played; with ``fault`` it is the last good version, and the newest cannot be played."""

    scene: Scene
    fault: DocumentError | SceneError | None = None


@dataclass(frozen=True, slots=True)
class Sounds:
    """What timbres may name: the ``models`` that render them, and the sounds that are ``shipped``, by name."""

    models: Collection[str]
    shipped: Collection[str]


def read_scene(
    document: Document,
    models: Models | None = None,
    slots: Collection[str] | None = None,
    sounds: Sounds | None = None,
    beside: Path | None = None,
) -> Scene:
    """Read a document as a scene.

    Args:
        document: The document; its path gives the name that the scene must have.
        models: The models that exist; None: any will do.
        slots: Names of the site's slots; None: any will do.
        sounds: What timbres may name, whose files must then be there as well; None: any will do.
        beside: The folder in which the files of its patterns lie; None: that of the document.

    Raises:
        DocumentError: with every fault of the document.
    """
    path = Path(document.path)
    folder = path.absolute().parent
    known: dict[str, Any] = {"stem": path.stem, **_facts_of(models), "slots": slots, BESIDE: beside or folder}
    if sounds is not None:
        known |= {"timbre models": sounds.models, "shipped sounds": sounds.shipped, "folder": folder}
    try:
        return validate(document, Scene, known)
    except DocumentError as error:
        raise DocumentError((*error.faults, *_behind_names(document, known, error))) from error


def _behind_names(document: Document, known: Mapping[str, Any], told: DocumentError) -> Iterator[DocumentFault]:
    """The faults that nobody sees while a model or a slot is named that is not there: a voice is not looked at then."""
    places = {(fault.line, fault.column) for fault in told.faults}
    try:
        validate(document, Scene, {name: one for name, one in known.items() if name not in _NAMES})
    except DocumentError as others:
        yield from (fault for fault in others.faults if (fault.line, fault.column) not in places)


def _facts_of(models: Models | None) -> dict[str, Any]:
    if not isinstance(models, Mapping):
        return {"models": models}
    known: Mapping[str, Collection[str] | ModelFile] = {**models}
    files = {name: one for name, one in known.items() if isinstance(one, ModelFile)}
    kinds = {name: one.kinds if isinstance(one, ModelFile) else one for name, one in known.items()}
    return {"models": kinds, "files": files}


def load_scene(
    path: Path, models: Models | None = None, slots: Collection[str] | None = None, sounds: Sounds | None = None
) -> Scene:
    """Read one scene's file; for what may be named see :func:`read_scene`.

    Raises:
        DocumentError: with every fault of the file.
    """
    return read_scene(read_document(path), models, slots, sounds)


def no_scene(name: str, names: Collection[str]) -> str:
    """The sentence on a scene that is not there, with what was probably meant."""
    if name.lower() in REST:
        return f"there is no scene {name!r}; rest is written null, in the programme"
    return f"there is no scene {name!r}{did_you_mean(name, names)}"


class SceneFolder:
    """Finds scenes by name; of folders that both have a scene, the first counts.

    A scene that was good once is not lost: where its file breaks or goes, the last good version is given, together with
    what is wrong, so that music plays on while people are told. With ``keep``, a folder for what lasts, that holds
    across a power cut too.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        models: Models | None = None,
        slots: Collection[str] | None = None,
        keep: Path | None = None,
        sounds: Sounds | None = None,
    ) -> None:
        self._folders = tuple(folders)
        self._models = models
        self._slots = slots
        self._keep = keep
        self._sounds = sounds
        self._good: dict[str, Scene] = {}
        self._beside: dict[str, tuple[Path, ...]] = {}
        self._documents: dict[str, Document] = {}
        self.folder_faults: dict[Path, str] = {}

    def paths(self) -> dict[str, Path]:
        """The file of every scene, by name and in its order; a folder that cannot be entered has none."""
        listings = [list_folder(folder) for folder in self._folders]
        self.folder_faults = {one.folder: fault for one in listings if (fault := fault_of(one))}
        return _scenes_in(listings)

    def candidates(self, name: str) -> tuple[Path, ...]:
        """Where the scene's file may lie, and files that it names, whether they are there or not."""
        return (*(folder / f"{name}{SUFFIX}" for folder in self._folders), *self._beside.get(name, ()))

    def scenes_of(self, path: Path) -> frozenset[str]:
        """The scenes that are read from a file: by its name, and those that name it."""
        named = {name for name, paths in self._beside.items() if path in paths}
        return frozenset({*named, *([path.stem] if path.suffix == SUFFIX else [])})

    def names(self) -> tuple[str, ...]:
        """The names of all scenes, sorted."""
        return tuple(self.paths())

    def load(self, name: str) -> LoadedScene:
        """Read the scene ``name`` as it is now, or as it was when it was last good.

        Raises:
            SceneError: if there is no scene of that name, and was no good one.
            DocumentError: if it is at fault, and was never good.
        """
        try:
            return LoadedScene(self._newest(name))
        except (DocumentError, SceneError) as error:
            good = self._good.get(name) or self._kept(name)
            if good is None:
                raise
            return LoadedScene(good, error)

    def _newest(self, name: str) -> Scene:
        paths = self.paths()
        if name not in paths:
            raise SceneError(no_scene(name, paths))
        document = self._documents[name] = _read_patiently(paths[name], self._documents.get(name))
        files = files_of(document)
        self._beside[name] = tuple(paths[name].parent / file for file in files)
        scene = read_scene(document, self._models, self._slots, self._sounds)
        known = self._good.get(name)
        self._good[name] = scene
        kept = self._keep / paths[name].name if self._keep else None
        if kept and (known is None or known.hash != scene.hash or not os.path.isfile(kept)):  # noqa: PTH113 - Path.is_file raises
            self._keep_scene(name, kept, document, files)
        return scene

    def _keep_scene(self, name: str, kept: Path, document: Document, files: Sequence[str]) -> None:
        """Keep a scene for the next start, with the files of its patterns, which are written before it."""
        try:
            for file, path in zip(files, self._beside[name], strict=True):
                write_in_any_case(_kept_beside(kept) / file, read_file(path, LARGEST))
            write_in_any_case(kept, document.text.encode())
        except OSError as error:  # a full disk must not stop the music
            why, advice = reason_of(error), advice_on(error, kept.parent)
            _log.warning("The scene %s cannot be kept for the next start (%s); %s.", name, why, advice)

    def _kept(self, name: str) -> Scene | None:
        path = _scenes_in([list_folder(self._keep, may_be_missing=True)]).get(name) if self._keep else None
        if path is None:
            return None
        try:
            document = read_document(path)
            return read_scene(document, self._models, self._slots, self._sounds, _kept_beside(path))
        except DocumentError as error:  # kept by an older version, or its model is gone
            _log.warning("the kept scene cannot be played either: %s", error)
            return None


def _kept_beside(kept: Path) -> Path:
    """The folder of the files of a kept scene's patterns."""
    return kept.with_suffix(".files")


def fault_of(listing: Listing) -> str | None:
    """What is wrong with a folder of scenes: it cannot be entered, or has scenes that nobody will find."""
    if listing.fault:
        return listing.fault
    stems = {path.stem for path in listing.ending(SUFFIX)}
    missed = [
        name
        for name in listing.names
        if name.lower().endswith((".yml", SUFFIX)) and not name.startswith(".") and Path(name).stem not in stems
    ]
    if not missed:
        return None
    others = f" and {len(missed) - 1} more" if len(missed) > 1 else ""
    return f"the files of scenes end in {SUFFIX}, and {missed[0]}{others} would never be played; give it that ending"


def _read_patiently(path: Path, known: Document | None) -> Document:
    try:
        return patiently(path, lambda: read_document(path, known=known))
    except TimeoutError as error:
        message = "the file does not answer: is it on a disk or a machine that is gone?"
        raise DocumentError([DocumentFault(str(path), 1, 1, message)]) from error


def _scenes_in(listings: Iterable[Listing]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for listing in listings:
        for path in listing.ending(SUFFIX):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))
