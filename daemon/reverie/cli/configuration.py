"""The site's configuration as commands go by it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.foreign import Printable

if TYPE_CHECKING:
    from reverie.cli.timbre import TimbreResources
    from reverie.site.schema import Site


def site_that_counts(config: Path | None) -> Site:
    """The configuration that counts; a person is told if it is not the one that was asked for."""
    from reverie.conductor.configuration.site_resources import site_in_force

    force = site_in_force(config)
    if force.fault:
        print(f"{force.fault}\nInstead of it, this counts: {force.instead}.", file=Printable(sys.stderr))
    return force.site


def state_that_counts(site: Site) -> Path:
    """The state folder of the site's daemon: that of the service, where the site names none and this user has none.

    Root has the service's in any case: what somebody once did with `sudo` has left a folder of root's own, in which
    nothing of the installation is.
    """
    from reverie.places import SERVICE_STATE

    own = site.state_folder
    named = site.state is not None or "STATE_DIRECTORY" in os.environ
    served = not named and SERVICE_STATE.is_dir() and (os.geteuid() == 0 or not own.is_dir())
    return SERVICE_STATE if served else own


def site_with_state(config: Path | None) -> Site:
    """The configuration that counts, with the state folder of its daemon."""
    site = site_that_counts(config)
    return site.model_copy(update={"state": state_that_counts(site)})


def slots_of(config: Path | None) -> Mapping[str, Mapping[str, Any]]:
    """The site's slots by name, as plain data."""
    return site_that_counts(config).slots_as_json()


def models_of(config: Path | None) -> Sequence[Path]:
    """The folders in which the site's models lie.

    Raises:
        DocumentError: if the configuration that was named is at fault.
    """
    from reverie.conductor.configuration.site_resources import model_folders_of

    return model_folders_of(_named_or_that_counts(config))


def timbres_of(config: Path | None) -> TimbreResources:
    """What the commands about timbres need of the site.

    Raises:
        DocumentError: if the configuration that was named is at fault.
    """
    from reverie.cli.timbre_resources import timbre_resources_of

    return timbre_resources_of(_named_or_that_counts(config))


def _named_or_that_counts(config: Path | None) -> Site:
    from reverie.site.load import load_site

    return load_site(config) if config else site_that_counts(config)
