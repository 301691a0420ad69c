"""What a site's configuration means on this machine: its models, its scenes, its place for what must last."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reverie.documents import DocumentError, write_text
from reverie.errors import ReverieError
from reverie.files import write_in_any_case
from reverie.folders import may_be_there
from reverie.models.library.index import ModelFile, find_models
from reverie.places import config_folder, models_folder, scenes_folder, state_folder
from reverie.scenes.folder import SceneFolder
from reverie.site.load import FILE, find_site, load_site
from reverie.site.schema import Site


class NoConfigurationError(ReverieError):
    """The configuration that a person named does not exist."""


def bundles_of(site: Site) -> tuple[dict[str, ModelFile], dict[Path, str]]:
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
    return SceneFolder(folders, bundles, site.slots)


@dataclass(frozen=True, slots=True)
class InForce:
    """The configuration that counts; with ``fault`` it is not the one that was asked for, and ``instead`` names it."""

    site: Site
    fault: ReverieError | None = None
    instead: str = ""


def site_in_force(path: Path | None, environment: Mapping[str, str] = os.environ) -> InForce:
    """The site's configuration, or if it is at fault the last that was good of this very file.

    A museum that starts its box in the morning shall hear something, whatever was done to a file in the evening. What
    was good is kept in the state folder, for each file by itself: nobody shall hear or silence another's site. Where
    there never was anything good, the shipped configuration counts. Where only what was learned is at fault, the site's
    own file counts alone.

    Raises:
        NoConfigurationError: if there is no such file: a person has mistyped it. A service (``$INVOCATION_ID``) that
            once had it goes on with what was good.
    """
    asked = path or find_site()
    try:
        return InForce(load_site(asked))
    except DocumentError as error:
        fault = error
    if _is_missing(asked) and not (environment.get("INVOCATION_ID") and may_be_there(_kept(asked))):
        raise NoConfigurationError(
            f"there is no configuration {asked}; name a file that exists, or none for the one that counts anyway"
        ) from fault
    for candidate, instead in (
        (asked, f"{asked} without what was learned"),
        (_kept(asked), f"what was last good of {asked}, kept in {_kept(asked)}"),
        (config_folder() / FILE, f"the shipped configuration, as nothing good is kept of {asked}"),
    ):
        try:
            return InForce(load_site(candidate, learned=False, own=candidate != asked), fault, instead)
        except DocumentError:
            continue
    return InForce(Site(), fault, "what holds without a configuration")


def keep_as_last_good(site: Site, path: Path | None) -> None:
    """Keep a configuration that was read of ``path`` without fault, its own paths made absolute.

    Raises:
        OSError: if it cannot be kept.
    """
    asked = (path or find_site()).absolute()
    text = write_text(site.model_dump(mode="json", by_alias=True, exclude_unset=True))
    head = f"# What was last good of {str(asked)!r}, kept by the daemon.\n"
    write_in_any_case(_kept(asked), (head + text).encode())


def _kept(path: Path) -> Path:
    """Where the last good configuration of a file is kept: under a name that no other file's is."""
    mark = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:16]
    return state_folder() / "configurations" / f"{mark}.yaml"


def _is_missing(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
