"""What a model finds wrong with a document, as sentences at their places."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from reverie.documents.meant import advice
from reverie.documents.reader import Document, DocumentError, DocumentFault, Keys
from reverie.documents.sections import MISFIT, Facts, Section, did_you_mean
from reverie.errors import WordError

Model = TypeVar("Model", bound=Section)

_MEANT = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "int_type": "a whole number",
    "less_than": "less than {lt:g}",
    "less_than_equal": "{le:g} or less",
    "literal_error": "{expected}",
    "model_type": "a mapping",
    "string_type": "a text",
    "tuple_type": "a list",
}
_LONGEST = 40
MOST_GUESSES = 50
"""Faults of a file of which it is tried to guess what was meant: each guess reads the file again."""


def validate(document: Document, model: type[Model], known: Mapping[str, Any] | None = None) -> Model:
    """Read a document as ``model``; ``known`` is what its validators may ask for by :meth:`Facts.get`.

    Raises:
        DocumentError: with every fault of the document.
    """
    facts = Facts(known or {})
    faults = list(document.faults)
    value = None
    try:
        value = model.model_validate(document.data, context=facts)
    except ValidationError as error:
        errors = [details for details in error.errors(include_url=False) if not _follows(document, details)]
        faults += [_fault(document, details, facts) for details in errors[MOST_GUESSES:]]
        for details in errors[:MOST_GUESSES]:
            fault = _fault(document, details, facts)
            faults.append(replace(fault, message=fault.message + _advice(document, details, model, facts.known)))
    if value is None or faults:
        raise DocumentError(faults)
    return value


def without_unknown(document: Document, model: type[Section], known: Mapping[str, Any] | None = None) -> Document:
    """A document that the program has written itself, without keys that ``model`` has not: a later version wrote them.

    Places stay those of the file.
    """
    return known_and_unknown(document, model, known)[0]


def known_and_unknown(
    document: Document, model: type[Section], known: Mapping[str, Any] | None = None
) -> tuple[Document, tuple[DocumentFault, ...]]:
    """A document without keys that ``model`` has not, and where each of these stands, as :func:`validate` tells it."""
    data, told = deepcopy(document.data), list[DocumentFault]()
    while True:
        facts = Facts(known or {})
        try:
            model.model_validate(data, context=facts)
        except ValidationError as error:
            unknown = [one for one in error.errors(include_url=False) if one["type"] == "extra_forbidden"]
            if not unknown:
                break
            ways = [_way(data, one["loc"])[0] for one in unknown]
            told += [_fault(replace(document, data=data), one, facts) for one in unknown]
            for way in ways:
                _at(data, way[:-1]).pop(way[-1], None)
        else:
            break
    return replace(document, data=data), tuple(told)


def _advice(document: Document, error: ErrorDetails, model: type[Section], known: Mapping[str, Any]) -> str:
    """How to write what was meant, if that can be guessed."""
    way, value = _way(document.data, error["loc"])
    if error["type"] in {"extra_forbidden", "missing", MISFIT} or _near(error, value):
        return ""

    def is_right(data: Any) -> bool:
        try:
            model.model_validate(data, context=Facts(known))
        except ValidationError as others:
            return all(_way(data, other["loc"])[0] != way for other in others.errors(include_url=False))
        return True

    return advice(document.data, way, document.plain.get(way), is_right)


def _follows(document: Document, error: ErrorDetails) -> bool:
    """Whether a list is too short only because pydantic does not count entries at fault, which it tells as well."""
    _, value = _way(document.data, error["loc"])
    return error["type"] == "too_short" and len(value) >= error.get("ctx", {})["min_length"]


def _fault(document: Document, error: ErrorDetails, facts: Facts) -> DocumentFault:
    way, value = _way(document.data, error["loc"])
    parent = _at(document.data, way[:-1])
    section = facts.sections.get(id(parent))
    match error["type"]:
        case "extra_forbidden" if section:
            return document.fault(way, _unknown(str(way[-1]), section), at_key=True)
        case "missing":
            wanted = error["loc"][-1]
            return document.fault(way, _missing(_subject(way), wanted, facts.sections.get(id(value))))
        case "value_error" if isinstance(cause := error.get("ctx", {})["error"], WordError) and isinstance(value, str):
            return document.word_fault(way, value, cause.place, str(cause))
        case "value_error":
            return document.fault(way, str(error.get("ctx", {})["error"]), at_key=error["loc"][-1] == "[key]")
        case _:
            return document.fault(way, _sentence(way, value, error, section))


def _sentence(way: Keys, value: Any, error: ErrorDetails, section: type[Section] | None) -> str:
    match error["type"]:
        case kind if kind == MISFIT:
            return error["msg"]
        case "too_short" | "too_long":
            return _length(_subject(way), error)
        case kind if kind in _MEANT:
            meant = _MEANT[kind].format(**error.get("ctx", {}))
            example = _example(_field(section, way)) if kind.endswith("_type") else ""
            found = _found(value) if kind.endswith(("_type", "number")) or isinstance(value, str) else str(value)
            return f"{_subject(way)} must be {meant}{example}, not {found}{_near(error, value)}"
        case _:
            return f"{_subject(way)}: {error['msg']}"


def _missing(subject: str, wanted: str | int, section: type[Section] | None) -> str:
    if isinstance(wanted, int):  # of a list of so many
        return f"{subject} must have more entries than {wanted}"
    return f"the key {wanted!r} is missing{_description(section, wanted)}"


def _way(data: Any, location: Keys) -> tuple[Keys, Any]:
    """As much of pydantic's location as is in the data, which has no tags of unions and not what is missing."""
    way: Keys = ()
    for step in location:
        if step in _inside(data):
            way, data = (*way, step), data[step]
    return way, data


def _inside(data: Any) -> Collection[str | int]:
    """The steps that lead further into ``data``."""
    if isinstance(data, dict):
        return cast("dict[str | int, Any]", data)
    return range(len(cast("list[Any]", data))) if isinstance(data, list) else ()


def _at(data: Any, way: Keys) -> Any:
    for step in way:
        data = data[step]
    return data


def _fields(section: type[Section]) -> dict[str, FieldInfo]:
    return {info.alias or name: info for name, info in section.model_fields.items()}


def _field(section: type[Section] | None, way: Keys) -> FieldInfo | None:
    return _fields(section).get(str(way[-1])) if section and way else None


def _unknown(key: str, section: type[Section]) -> str:
    if key in section.hints:
        return section.hints[key]
    return f"unknown key {key!r}{did_you_mean(key, _fields(section))}"


def _description(section: type[Section] | None, key: str) -> str:
    description = _fields(section)[key].description if section else None
    if not description:
        return ""
    first = re.split(r"[.;] ", description.rstrip("."))[0]
    return f": {first}" if first[:2].isupper() else f": {first[0].lower()}{first[1:]}"


def _example(info: FieldInfo | None) -> str:
    return f", such as {info.examples[0]}" if info and info.examples else ""


def _subject(way: Keys) -> str:
    if not way:
        return "the file"
    *before, last = way
    if isinstance(last, int):
        return f"entry {last + 1} of {before[-1]!r}"
    return repr(last)


def _found(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {value!r}" if len(value) <= _LONGEST else f"the text {value[:_LONGEST]!r}..."
        case list():
            return "a list"
        case _:
            return "a mapping"


def _near(error: ErrorDetails, value: Any) -> str:
    """For a word that is none of those possible."""
    if error["type"] != "literal_error" or not isinstance(value, str):
        return ""
    guess = did_you_mean(value, re.findall(r"'([^']*)'", error.get("ctx", {})["expected"]))
    return guess if guess.endswith("?") else ""


def _length(subject: str, error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    fewest, most = context.get("min_length"), context.get("max_length")
    wanted = f"{fewest} or more" if most is None else f"{most} or fewer"
    return f"{subject} must have {wanted} entries, not {context['actual_length']}"
