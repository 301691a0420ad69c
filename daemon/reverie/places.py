"""Where things lie: what is shipped with the package, and what must last.

A wheel carries scenes and configuration as ``reverie/shipped/scenes`` and ``reverie/shipped/config``; in a checkout
they are folders of their own beside ``daemon/``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

SERVICE_STATE = Path("/var/lib/reverie")
"""What ``StateDirectory=`` of the shipped unit gives, for commands of people, who are not told."""

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]


def scenes_folder() -> Path:
    """The scenes that are shipped."""
    return _shipped_or_checkout("scenes")


def config_folder() -> Path:
    """The configuration that is shipped."""
    return _shipped_or_checkout("config")


def models_folder() -> Path:
    """The model bundles that are shipped."""
    return _PACKAGE / "shipped" / "models"


def loops_folder() -> Path:
    """The loops that are shipped, for when all else fails."""
    return _PACKAGE / "shipped" / "loops"


def sounds_folder() -> Path:
    """The sounds that are shipped, from which timbres are mixed."""
    return _PACKAGE / "shipped" / "sounds"


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where state lasts unless the site says otherwise.

    systemd's ``StateDirectory=`` gives ``STATE_DIRECTORY``, of which the first entry counts; else the folder that the
    XDG base directory specification names.
    """
    given = environment.get("STATE_DIRECTORY", "").split(":")[0]
    if given:
        return Path(given)
    home = environment.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "reverie"


def _shipped_or_checkout(name: str) -> Path:
    shipped = _PACKAGE / "shipped" / name
    return shipped if shipped.is_dir() else _CHECKOUT / name
