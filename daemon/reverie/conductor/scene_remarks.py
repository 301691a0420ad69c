"""What is right in a scene's file, and yet worth knowing: a sentence each, at its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from reverie.compose.told_chords import tonic_chord
from reverie.conductor.arrange import arrange
from reverie.conductor.scene_list import KnownToScenes
from reverie.conductor.site_resources import bundles_of
from reverie.documents import DocumentError, DocumentFault, Keys, read_document
from reverie.models.library.index import ModelFile
from reverie.scenes.schema import Scene
from reverie.site.load import load_site


def remarks_on(paths: Iterable[Path], config: Path | None = None) -> list[DocumentFault]:
    """The remarks on all files that are scenes without a fault; none where the site's configuration is at fault."""
    try:
        site = load_site(config)
    except DocumentError:
        return []
    (bundles, _), known = bundles_of(site), KnownToScenes.of(site)
    found: list[DocumentFault] = []
    for path in paths:
        try:
            scene, document = known.load(path), read_document(path)
        except DocumentError:
            continue
        found += [document.fault(way, sentence) for way, sentence in scene_remarks(scene, bundles)]
    return found


def scene_remarks(scene: Scene, bundles: Mapping[str, ModelFile]) -> Iterator[tuple[Keys, str]]:
    """What the scene asks for and means something that its file does not say."""
    for name, plan in arrange(scene, bundles).plans.items():
        if plan.chords and plan.harmony is None:
            why = "is free of the scene's" if scene.harmony else "has none: there is no 'harmony'"
            sentence = f"{plan.model} composes over chords, and the voice {name} {why}; it is told the chord of the"
            yield ("voices", name, "model"), f"{sentence} tonic, {tonic_chord(scene.key)}"
