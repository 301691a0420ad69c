"""All scenes of a site, for people who want to know what there is to play."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reverie.conductor.configuration.site_resources import bundles_of, model_folders_of, scenes_of
from reverie.documents import DocumentError, DocumentFault
from reverie.models.library.index import ModelFile
from reverie.scenes.folder import Sounds, load_scene, no_scene
from reverie.scenes.schema import Scene
from reverie.site.schema import Site
from reverie.timbre.sources.source_files import shipped_sounds
from reverie.timbre.timbre_models import timbre_models


@dataclass(frozen=True, slots=True)
class KnownToScenes:
    """What a scene may name; None where nobody knows, so that any name will do."""

    models: Mapping[str, ModelFile] | None = None
    slots: Collection[str] | None = None
    sounds: Sounds | None = None

    @classmethod
    def of(cls, site: Site) -> KnownToScenes:
        """What is there at a site."""
        return cls(bundles_of(site)[0], site.slots, Sounds(timbre_models(model_folders_of(site)), shipped_sounds()))

    def load(self, path: Path) -> Scene:
        """Read one scene's file.

        Raises:
            DocumentError: with every fault of the file.
        """
        return load_scene(path, self.models, self.slots, self.sounds)


@dataclass(frozen=True, slots=True)
class ListedScene:
    """A scene's file; ``scene`` is None where it has ``faults``.

    The site ``begins`` with it, or goes over to it at the times of day in ``hours``.
    """

    name: str
    path: Path
    scene: Scene | None
    faults: tuple[DocumentFault, ...]
    begins: bool
    hours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SceneList:
    """The scenes in their order; ``missing`` are sentences on scenes that the site wants, and folders, in vain."""

    scenes: tuple[ListedScene, ...]
    missing: tuple[str, ...]


def scenes_there(site: Site) -> SceneList:
    """Look into the site's folders of scenes, and read every scene that can be played by its name."""
    folder, known = scenes_of(site), KnownToScenes.of(site)
    paths = folder.paths()
    hours: dict[str, list[str]] = {}
    for change in site.programme:
        if change.scene is not None:
            hours.setdefault(change.scene, []).append(f"{change.at:%H:%M}")
    vain = [name for name in dict.fromkeys((site.scene, *hours)) if name not in paths]
    return SceneList(
        tuple(_listed(path, known, name == site.scene, hours.get(name, ())) for name, path in paths.items()),
        (
            *(f"{closed}: {fault}" for closed, fault in folder.folder_faults.items()),
            *(f"The configuration asks for a scene in vain: {no_scene(name, paths)}" for name in vain),
        ),
    )


def _listed(path: Path, known: KnownToScenes, begins: bool, hours: Sequence[str]) -> ListedScene:
    try:
        return ListedScene(path.stem, path, known.load(path), (), begins, tuple(hours))
    except DocumentError as error:
        return ListedScene(path.stem, path, None, error.faults, begins, tuple(hours))
