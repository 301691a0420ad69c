"""Checking files that people wrote, before they are put in force."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from reverie.conductor.arranging.scene_list import KnownToScenes
from reverie.conductor.arranging.secret_remarks import secret_faults
from reverie.conductor.arranging.voice_chains import SilenceCheck
from reverie.conductor.configuration.site_resources import scenes_of
from reverie.documents import Document, DocumentError, DocumentFault, Keys, did_you_mean, read_document, validate
from reverie.folders import list_folder, may_be_there
from reverie.scenes.folder import fault_of, no_scene
from reverie.scenes.schema import Scene
from reverie.site import learned
from reverie.site.control import ControlBinding
from reverie.site.load import FILE, load_site
from reverie.site.schema import Site
from reverie.site.token_files import TokenError, token_files


def check(paths: Iterable[Path], config: Path | None = None) -> list[DocumentFault]:
    """Every fault of these files, each a scene or a site's configuration.

    Models, sounds and slots of the site decide which a scene may name; where the site itself is at fault, any may be
    named.
    """
    faults: list[DocumentFault] = []
    known, names, silence = KnownToScenes(), dict[str, Path](), None
    try:
        site = load_site(config)
    except DocumentError as error:
        if config is not None:
            faults += error.faults
    else:
        known, names, silence = KnownToScenes.of(site), scenes_of(site).paths(), SilenceCheck.of(site)
    for path in paths:
        if _is_name(path) and names:
            faults.append(DocumentFault(str(path), 1, 1, f"there is no such file, and {no_scene(path.name, names)}"))
            continue
        try:
            document = read_document(path)
            if path.name == learned.FILE:
                validate(document, learned.Learned)
                if (beside := path.with_name(FILE)).is_file():
                    faults += _not_there(load_site(beside), document)
            elif _is_site(path, document):
                there = load_site(path)
                faults += _not_there(there, *_learned_beside(path), document)
                faults += _silences(there, document)
            else:
                scene = known.load(path)
                places = silence.of_scene(scene) if silence else ()
                faults += [document.fault(way, sentence) for way, sentence in places]
        except DocumentError as error:
            faults += error.faults
    return list(dict.fromkeys(faults))


def check_and_play(paths: Iterable[Path], config: Path | None = None, loops: int | None = None) -> list[DocumentFault]:
    """Every fault of these files, and of scenes that are right, what comes of composing ``loops`` of each voice.

    How far it is, is said on standard error. Where the site's configuration is
    at fault, nothing is composed.

    Raises:
        ModelError: if the engine that the site wants is missing.
    """
    from reverie.conductor.arranging.trial import LOOPS, try_scenes

    files = [*paths]
    faults = check(files, config)
    wrong = {Path(fault.path) for fault in faults}
    scenes = [path for path in files if path not in wrong and path.name != learned.FILE and not _is_a_site(path)]
    try:
        return faults + try_scenes(scenes, config, _say, loops or LOOPS)
    except DocumentError as error:
        return list(dict.fromkeys((*faults, *error.faults)))


def _is_a_site(path: Path) -> bool:
    return _is_site(path, read_document(path))


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - the command's own progress


def scene_path(path: Path, config: Path | None) -> Path:
    """A scene's file, which may be named by the scene's name alone where no file is called that."""
    if not _is_name(path):
        return path
    try:
        return scenes_of(load_site(config)).paths().get(path.name, path)
    except DocumentError:
        return path


def _is_name(path: Path) -> bool:
    return not path.exists() and path.parent == Path() and not path.suffix


@dataclass(frozen=True, slots=True)
class Known:
    """The scenes that a site can play, and voices and moods of all of them; None where a scene cannot be read."""

    scenes: tuple[str, ...]
    voices: frozenset[str] | None
    moods: frozenset[str] | None = None

    @classmethod
    def of(cls, site: Site) -> Known:
        """Look at the site's folders."""
        paths = scenes_of(site).paths()
        try:
            scenes = [read_document(path).data for path in paths.values()]
        except DocumentError:
            return cls(tuple(paths), None)
        return cls(tuple(paths), _names(scenes, "voices"), _names(scenes, "moods"))

    def lacks_scene(self, name: str) -> str | None:
        """A sentence, if there is no such scene."""
        return None if name in self.scenes else no_scene(name, self.scenes)

    def lacks(self, binding: ControlBinding) -> Iterator[tuple[str, str]]:
        """What a control is about that is not there: its key, and a sentence."""
        scene, voice = binding.scene, binding.voice
        numbered = scene is not None and scene.isdecimal() and 1 <= int(scene) <= len(self.scenes)
        if scene is not None and not numbered and (sentence := self.lacks_scene(scene)):
            yield "scene", sentence
        if voice is not None and self.voices is not None and voice not in self.voices:
            yield "voice", f"no scene has a voice {voice!r}{did_you_mean(voice, self.voices)}"
        if sentence := self.lacks_mood(binding.mood):
            yield "mood", sentence

    def lacks_mood(self, mood: str | None) -> str | None:
        """A sentence, if no scene has that mood."""
        if mood is None or self.moods is None or mood in self.moods:
            return None
        return f"no scene has a mood {mood!r}{did_you_mean(mood, self.moods)}"


def _names(scenes: Iterable[Mapping[str, Any]], key: str) -> frozenset[str]:
    """The names that a mapping of scenes has, in all of them."""
    found = [scene.get(key) for scene in scenes]
    return frozenset(name for one in found if isinstance(one, dict) for name in cast("dict[str, Any]", one))


def _not_there(site: Site, *documents: Document) -> Iterator[DocumentFault]:
    """What is named and does not exist; of documents that have the same control the first counts."""
    known, told = Known.of(site), set[str]()
    for document in documents:
        yield from _closed(site, document)
        yield from _tokens(site, document)
        yield from (document.fault(way, told) for way, told in secret_faults(site) if way in document.values)
        wanted: list[tuple[Keys, str]] = [(("scene",), site.scene)] if "scene" in document.data else []
        if "programme" in document.data:
            wanted += [(("programme", at, "scene"), one.scene) for at, one in enumerate(site.programme) if one.scene]
            for at, one in enumerate(site.programme):
                if sentence := known.lacks_mood(one.mood):
                    yield document.fault(("programme", at, "mood"), sentence)
        if "playlists" in document.data:
            wanted += [
                (("playlists", name, "scenes", scene), scene)
                for name, one in site.playlists.items()
                for scene in one.scenes
            ]
        for way, name in wanted:
            if sentence := known.lacks_scene(name):
                yield document.fault(way, sentence)
        controls = [name for name in document.data.get("controls", {}) if name not in told]
        told.update(controls)
        for name in controls:
            for key, sentence in known.lacks(site.controls[name]):
                yield document.fault(("controls", name, key), sentence)


def _closed(site: Site, document: Document) -> Iterator[DocumentFault]:
    """Folders that the document names and that are of no use.

    Those to which the daemon writes may be closed to whoever checks, and are made where they are missing.
    """
    named: list[tuple[Keys, Path, str | None]] = [
        (("scenes", number), folder, fault_of(list_folder(folder))) for number, folder in enumerate(site.scenes)
    ]
    written = ((("tape", "folder"), site.tape.folder), (("timbre", "folder"), site.timbre.folder))
    for way, folder in ((("models",), site.models), (("state",), site.state), *written):
        listing = list_folder(folder, may_be_missing=True) if folder else None
        if listing and not (listing.closed and way != ("models",)):
            named.append((way, listing.folder, listing.fault))
    for way, folder, fault in named:
        if fault and way in document.values:
            yield document.fault(way, f"{folder}: {fault}")


def _silences(site: Site, document: Document) -> Iterator[DocumentFault]:
    """Slots by which a scene that the site plays could fall silent though nobody wants it."""
    known, paths, scenes = KnownToScenes.of(site), scenes_of(site).paths(), list[Scene]()
    drawn = (scene for one in site.programme if one.playlist for scene in site.playlists[one.playlist].scenes)
    safe = site.supervision.safe_scene
    programme = (one.scene for one in site.programme if one.scene)
    for name in dict.fromkeys((site.scene, *programme, *drawn, *((safe,) if safe else ()))):
        with contextlib.suppress(DocumentError, KeyError):
            scenes.append(known.load(paths[name]))
    for way, sentence in SilenceCheck.of(site).of_slots(scenes):
        yield document.fault(way, sentence, at_key=True)


def _tokens(site: Site, document: Document) -> Iterator[DocumentFault]:
    """Files of tokens that the document names, and by which nobody can log in, or too many can."""
    seen: dict[str, str] = {}
    for file in token_files(site.page, {}):
        way = ("page", file.key or "")
        if way not in document.values:
            continue
        try:
            token = file.token()
        except TokenError as error:
            yield document.fault(way, str(error))
            continue
        if sentence := file.exposed():
            yield document.fault(way, sentence)
        if token in seen:
            yield document.fault(way, f"this token is that of the {seen[token]} too; each role has its own")
        seen[token] = file.role


def _learned_beside(site: Path) -> list[Document]:
    path = learned.beside(site)
    return [read_document(path)] if may_be_there(path) else []


def _is_site(path: Path, document: Document) -> bool:
    """A site's configuration is known by its name, or by a key of it where a scene would have voices."""
    known = {info.alias or name for name, info in Site.model_fields.items()}
    return path.stem == "reverie" or ("voices" not in document.data and not known.isdisjoint(document.data))
