"""Which files a site names that hold secrets: whatever keeps, packs or shows what a site has leaves these out.

A field of the schema says so itself, by its type (:data:`~reverie.site.fields.SecretPath`): there is no list of names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from pydantic.fields import FieldInfo

from reverie.documents import Keys, Section
from reverie.site.fields import SECRET


def secret_paths(section: Section, way: Keys = ()) -> Iterator[tuple[Keys, Path]]:
    """The keys by which files of secrets are named, from the section on, and these files."""
    for name, field in type(section).model_fields.items():
        value, here = getattr(section, name), (*way, field.alias or name)
        if isinstance(value, Path) and is_secret(field):
            yield here, value
        else:
            yield from _below(value, here)


def is_secret(field: FieldInfo) -> bool:
    """Whether a field of the schema names a file of secrets."""
    return SECRET in field.metadata or _is_marked(field.annotation)


def _is_marked(annotation: Any) -> bool:
    return SECRET in getattr(annotation, "__metadata__", ()) or any(map(_is_marked, get_args(annotation)))


def _below(value: Any, way: Keys) -> Iterator[tuple[Keys, Path]]:
    if isinstance(value, Section):
        yield from secret_paths(value, way)
    elif isinstance(value, Mapping):
        for key, one in cast("Mapping[Any, Any]", value).items():
            yield from _below(one, (*way, key))
    elif isinstance(value, list | tuple):
        for number, one in enumerate(cast("tuple[Any, ...]", value)):
            yield from _below(one, (*way, number))
