"""Fields for which people think in names and MIDI has numbers; scenes and sites write them alike."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeVar, cast

from pydantic import BeforeValidator, Field, JsonValue, WithJsonSchema

from reverie.documents.sections import Written, refuse
from reverie.music.drums import DRUMS, OTHER_NAMES, parse_drum
from reverie.music.general_midi import PROGRAMS, parse_program
from reverie.music.notes import MAX_MIDI
from reverie.music.spelling import plain_words

T = TypeVar("T")
# A name has many spellings, of which editors know one. Where signs that do not matter are others, they let it pass;
# not hyphens in names of drums, most of which have one: there they may be missing, and nothing else.
_PROGRAM_SPELT_OTHERWISE, _DRUM_SPELT_OTHERWISE = "[^a-z0-9]", "[^a-z0-9-]"
_NUMBER = re.compile(r"\s*[+-]?\d+(?:\.\d*)?\s*")


def _program(written: Any) -> Any:
    # A number in quotes is refused as a number in quotes, and not as an unknown name.
    return parse_program(written) if isinstance(written, str) and not _NUMBER.fullmatch(written) else written


def _names(otherwise: str, *names: str) -> dict[str, JsonValue]:
    """For editors: these names to choose from, and what may be another spelling of one."""
    run_together = sorted({"-?".join(plain_words(name)) for name in names if len(plain_words(name)) > 1})
    return {"anyOf": [{"enum": [*names]}, {"pattern": f"{otherwise}|^({'|'.join(run_together)})$"}]}


Program = Annotated[
    int,
    Field(ge=0, le=MAX_MIDI),
    BeforeValidator(_program),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": MAX_MIDI},
                {"type": "string", **_names(_PROGRAM_SPELT_OTHERWISE, *PROGRAMS)},
            ]
        }
    ),
]
"""A program by its number from 0, or by its name in General MIDI."""


def _once(written: Any) -> Any:
    """Each drum has one entry, though it may have several names."""
    if isinstance(written, dict):
        refuse("drums", _twice([*cast("dict[Any, Any]", written)]))
    return cast("Any", written)


def _twice(names: list[Any]) -> list[tuple[tuple[str], str]]:
    first: dict[int, str] = {}
    found: list[tuple[tuple[str], str]] = []
    for name in names:
        try:
            drum = parse_drum(name)
        except (ValueError, TypeError, AttributeError):
            continue  # whoever reads the key says so
        if (other := first.setdefault(drum, name)) != name:
            found.append(((name,), f"{name!r} and {other!r} are the same drum; write one entry for it"))
    return found


ByDrum = Annotated[dict[Annotated[int, Written(str, parse_drum)], T], BeforeValidator(_once)]
"""Something for each drum, by the drum's name."""
DRUM_KEYS: dict[str, JsonValue] = {"propertyNames": _names(_DRUM_SPELT_OTHERWISE, *DRUMS, *OTHER_NAMES)}
"""For editors: the keys of a mapping by drum."""
