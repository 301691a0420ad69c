"""Which box this is: an id that no other has, and a name for people, in a file of the state folder.

A clone is another box, whatever else it has of the first: so two that are told of side by side are told apart.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reverie.errors import reason_of
from reverie.files import read_file, set_aside, write_in_any_case
from reverie.generations import is_readable

log = logging.getLogger(__name__)

FILE = "box.json"
_LARGEST = 10_000
_ID = re.compile(r"[0-9a-f]{16}")
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its ``id``, 16 hexadecimal digits, and what people call it."""

    id: str
    name: str

    @classmethod
    def new(cls, name: str = "") -> Box:
        """Another box than all others; without a name it has the machine's."""
        return cls(secrets.token_hex(8), name or socket.gethostname().split(".")[0] or "reverie")

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    def written(self) -> bytes:
        """The file's bytes."""
        return json.dumps({"version": _VERSION, **self.as_json()}).encode()


def box_of(state: Path) -> Box:
    """The box whose state folder it is; a new one where none is written, which is written then.

    Where it cannot be written, this life alone is that box.
    """
    path = state / FILE
    try:
        data = json.loads(read_file(path, _LARGEST))
        if not is_readable(data.get("version", _VERSION), _VERSION):
            raise ValueError(f"written in version {data['version']}")  # noqa: TRY301 - it is set aside below
        if not _ID.fullmatch(data["id"]) or not isinstance(data["name"], str):
            raise ValueError("a box has an id and a name")  # noqa: TRY301 - likewise
        return Box(data["id"], data["name"])
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        with contextlib.suppress(OSError, ValueError):
            log.warning("%s could not be read (%s) and is now %s.", path, error, set_aside(path).name)
    box = Box.new()
    try:
        write_in_any_case(path, box.written())
    except OSError as error:
        log.info("Which box this is cannot be kept in %s (%s).", path, reason_of(error))
    return box
