"""Checking files that people wrote, before they are put in force."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from reverie.documents import Document, DocumentError, Fault, Keys, did_you_mean, read_document, validate
from reverie.scenes.folder import load_scene
from reverie.site import learned
from reverie.site.load import FILE, load_site
from reverie.site.schema import Site
from reverie.stage.house import bundles_of, scenes_of


def check(paths: Iterable[Path], config: Path | None = None) -> list[Fault]:
    """Every fault of these files, each a scene or a site's configuration.

    Models and slots of the site decide which a scene may name; where the site itself is at fault, any may be named.
    """
    faults: list[Fault] = []
    models: Mapping[str, Collection[str]] | None = None
    slots: Collection[str] | None = None
    try:
        site = load_site(config)
    except DocumentError as error:
        if config is not None:
            faults += error.faults
    else:
        bundles, _ = bundles_of(site)
        models, slots = {name: bundle.kinds for name, bundle in bundles.items()}, site.slots
    for path in paths:
        try:
            document = read_document(path)
            if path.name == learned.FILE:
                validate(document, learned.Learned)
                if (beside := path.with_name(FILE)).is_file():
                    load_site(beside)
            elif _is_site(path, document):
                faults += _scenes_that_are_not_there(load_site(path), document)
            else:
                load_scene(path, models, slots)
        except DocumentError as error:
            faults += error.faults
    return list(dict.fromkeys(faults))


def _scenes_that_are_not_there(site: Site, document: Document) -> Iterator[Fault]:
    names = scenes_of(site).names()
    wanted: list[tuple[Keys, str]] = [(("scene",), site.scene)]
    changes = enumerate(site.programme)
    wanted += [(("programme", number, "scene"), change.scene) for number, change in changes if change.scene is not None]
    wanted += [
        (("controls", name, "scene"), binding.scene)
        for name, binding in site.controls.items()
        if name in document.data.get("controls", {}) and binding.scene and not binding.scene.isdecimal()
    ]
    for way, name in wanted:
        if name not in names:
            yield document.fault(way, f"there is no scene {name!r}{did_you_mean(name, names)}")


def _is_site(path: Path, document: Document) -> bool:
    """A site's configuration is known by its name, or by having slots and no voices."""
    return path.stem == "reverie" or ("slots" in document.data and "voices" not in document.data)
