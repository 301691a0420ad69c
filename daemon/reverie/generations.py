"""How what lasts is numbered, so that an update can be taken back: the version before reads what a newer one wrote.

The number of a format is a thousand times its generation, and the steps within it. A step only adds: keys, columns,
tables, which whoever does not know them leaves alone. What an older program would read as something else begins
another generation, and is refused by it with a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

Kind = TypeVar("Kind")

STEPS = 1000
"""Steps that a generation has room for. The first generation is 0: its formats are numbered 1, 2, 3."""


def is_readable(found: object, own: int) -> bool:
    """Whether a program that writes format ``own`` reads what is numbered ``found``."""
    return isinstance(found, int) and not isinstance(found, bool) and found // STEPS == own // STEPS


def read_as(kind: type[Kind], data: Mapping[str, Any]) -> Kind:
    """A dataclass of what was kept, as far as this version knows it: the one way to read one with plain fields.

    Raises:
        TypeError: if a field is missing that has no default.
    """
    return kind(**known_fields(kind, data))


def known_fields(kind: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """What of ``data`` a dataclass has fields for: what a later step has added is left alone."""
    known = {one.name for one in fields(kind)}
    return {name: value for name, value in data.items() if name in known}
