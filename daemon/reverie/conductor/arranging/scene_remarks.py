"""What is right in a scene's file or a site's, and yet worth knowing: a sentence each, at its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from reverie.compose.told_chords import tonic_chord
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.arranging.scene_list import KnownToScenes
from reverie.conductor.arranging.synth_remarks import synth_remarks
from reverie.conductor.configuration.site_resources import bundles_of, model_folders_of
from reverie.conductor.page.page_remarks import page_remarks
from reverie.documents import DocumentError, DocumentFault, Keys, read_document
from reverie.models.library.index import ModelFile
from reverie.scenes.schema import Scene
from reverie.site.load import FILE, load_site
from reverie.timbre.feasible import beyond_abilities
from reverie.timbre.timbre_models import abilities_of, timbre_models


def remarks_on(paths: Iterable[Path], config: Path | None = None) -> list[DocumentFault]:
    """The remarks on all scenes and sites without a fault; none where the site's configuration is at fault."""
    try:
        site = load_site(config)
    except DocumentError:
        return []
    (bundles, _), known, sounds = bundles_of(site), KnownToScenes.of(site), timbre_models(model_folders_of(site))
    found: list[DocumentFault] = []
    for path in paths:
        try:
            if path.name == FILE:
                written = read_document(path)
                there = load_site(path)
                remarks = (*page_remarks(there.page), *synth_remarks(there))
                found += [written.fault(way, sentence) for way, sentence in remarks]
                continue
            scene, document = known.load(path), read_document(path)
        except DocumentError:
            continue
        remarks = (*scene_remarks(scene, bundles), *timbre_remarks(scene, sounds))
        found += [document.fault(way, sentence) for way, sentence in remarks]
    return found


def scene_remarks(scene: Scene, bundles: Mapping[str, ModelFile]) -> Iterator[tuple[Keys, str]]:
    """What the scene asks for and means something that its file does not say."""
    for name, plan in arrange(scene, bundles).plans.items():
        if plan.chords and plan.harmony is None:
            why = "is free of the scene's" if scene.harmony else "has none: there is no 'harmony'"
            sentence = f"{plan.model} composes over chords, and the voice {name} {why}; it is told the chord of the"
            yield ("voices", name, "model"), f"{sentence} tonic, {tonic_chord(scene.key)}"


def timbre_remarks(scene: Scene, models: Mapping[str, ModelFile]) -> Iterator[tuple[Keys, str]]:
    """What the scene's timbres ask of their models that these cannot do; ``models`` are all timbre models by name."""
    for name, timbre in scene.timbres.items():
        if (model := models.get(timbre.renderer)) is not None:
            for key, sentence in beyond_abilities(timbre, abilities_of(model.path), timbre.renderer):
                yield ("timbres", name, key), sentence
