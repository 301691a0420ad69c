"""Where things lie: what is shipped with the package, and what must last.

A wheel carries scenes and configuration as ``reverie/shipped/scenes`` and ``reverie/shipped/config``; in a checkout
they are folders of their own beside ``daemon/``.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

SERVICE_STATE = Path("/var/lib/reverie")
"""What ``StateDirectory=`` of the shipped unit gives, for commands of people, who are not told."""

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]
SYSTEM_STATE = Path("/var/lib/reverie")
"""What the service has; for a user without a home too, whether or not that can be written."""


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


def touch_file() -> Path:
    """The table of how drummers strike."""
    return _PACKAGE / "shipped" / "touch.json"


def sounds_folder() -> Path:
    """The sounds that are shipped, from which timbres are mixed."""
    return _PACKAGE / "shipped" / "sounds"


def browser_sounds_folder() -> Path:
    """The instruments that are shipped for browsers."""
    return _PACKAGE / "shipped" / "browser"


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where state lasts unless the site says otherwise.

    systemd's ``StateDirectory=`` gives ``STATE_DIRECTORY``, of which the first entry counts; else the folder that the
    XDG base directory specification names; where this user has no home, that of the system.
    """
    given = environment.get("STATE_DIRECTORY", "").split(":")[0]
    if given:
        return Path(given)
    given = environment.get("XDG_STATE_HOME", "")
    if Path(given).is_absolute():  # the specification has others ignored
        return Path(given) / "reverie"
    home = home_folder("", environment)
    return home / ".local" / "state" / "reverie" if home else SYSTEM_STATE


def home_folder(user: str = "", environment: Mapping[str, str] = os.environ) -> Path | None:
    """The home of a user, or of the one whose process this is; None where nobody knows it."""
    if not user and Path(environment.get("HOME", "")).is_absolute():
        return Path(environment["HOME"])
    try:
        entry = pwd.getpwnam(user) if user else pwd.getpwuid(os.getuid())
    except (KeyError, ValueError):
        return None
    return Path(entry.pw_dir) if Path(entry.pw_dir).is_absolute() else None


def expanded(written: str) -> Path:
    """A path as a person writes it, with ``~`` or ``~user`` for a home.

    Raises:
        ValueError: if nobody knows that home, or no path can be like that; a plain sentence.
    """
    if "\0" in written:
        raise ValueError("a path cannot hold the character NUL; take it out")
    if not written.startswith("~"):
        return Path(written)
    first, _, rest = written.partition("/")
    home = home_folder(first[1:])
    if home is None:
        whose = f"there is no user {first[1:]!r} on this machine" if first[1:] else "the home of this user is not known"
        raise ValueError(f"{whose}, so {first} is no folder; write the path in full")
    return home / rest


def _shipped_or_checkout(name: str) -> Path:
    shipped = _PACKAGE / "shipped" / name
    return shipped if shipped.is_dir() else _CHECKOUT / name
