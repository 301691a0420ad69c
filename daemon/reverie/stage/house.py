"""What a site's configuration means on this machine: its models, its scenes, its place for what must last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reverie.documents import DocumentError, write_text
from reverie.errors import ReverieError
from reverie.files import write_atomically
from reverie.models.shelf import ModelFile, find_models
from reverie.places import config_folder, models_folder, scenes_folder, state_folder
from reverie.scenes.folder import SceneFolder
from reverie.site.load import FILE, load_site
from reverie.site.schema import Site


def bundles_of(site: Site) -> tuple[dict[str, ModelFile], list[str]]:
    """The models that scenes of this site can name, and a sentence for each model file that cannot be used."""
    return find_models(model_folders_of(site))


def model_folders_of(site: Site) -> list[Path]:
    """Where models lie, the shipped ones first; what is imported goes into the last."""
    return [models_folder(), site.models or site.state_folder / "models"]


def scenes_of(site: Site, bundles: Mapping[str, ModelFile] | None = None) -> SceneFolder:
    """The site's scenes; its own folders come before the shipped one.

    With ``bundles``, a scene that names a model that is not among them, or a slot that the site does not have, is at
    fault. Without, it is not: then the music counts, a voice can do without its model and without its device, and the
    last good version of each scene is kept.
    """
    folders = [*site.scenes, scenes_folder()]
    if bundles is None:
        return SceneFolder(folders, keep=site.state_folder / "scenes")
    return SceneFolder(folders, {name: bundle.kinds for name, bundle in bundles.items()}, site.slots)


def site_or_last_good(path: Path | None) -> tuple[Site, ReverieError | None]:
    """The site's configuration, or if it is at fault the last that was good, and what is at fault.

    A museum that starts its box in the morning shall hear something, whatever was done to a file in the evening. What
    was good is kept in the state folder; on a box that never had one, the shipped configuration counts. Where only what
    was learned is at fault, the site's own file counts alone.
    """
    try:
        return load_site(path), None
    except DocumentError as error:
        fault = error
    for candidate in (path, state_folder() / FILE, config_folder() / FILE):
        try:
            return load_site(candidate, learned=False), fault
        except DocumentError:
            continue
    return Site(), fault


def keep_as_last_good(site: Site) -> None:
    """Keep a configuration that was read without fault, its paths made absolute.

    Raises:
        OSError: if it cannot be kept.
    """
    text = write_text(site.model_dump(mode="json", by_alias=True))
    write_atomically(
        state_folder() / FILE, f"# The last configuration without fault, kept by the daemon.\n{text}".encode()
    )
