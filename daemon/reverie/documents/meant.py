"""Advice on values that YAML reads otherwise than a person meant, such as a text that it takes for a number.

A guess is told only if the file would be right with it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

from reverie.documents.reader import Keys

TRUE = frozenset({"yes", "on", "y"})
FALSE = frozenset({"no", "off", "n"})
NONE = frozenset({"no", "off", "none", "nil", "nothing", "n/a", "-"})
LONGEST = 100
"""Characters of a text that is worth a guess."""
_NUMBER = re.compile(r"[-+]?[0-9][0-9_' ]{0,30}([.,][0-9]{1,30})?")


def advice(data: Any, way: Keys, plain: str | None, is_right: Callable[[Any], bool]) -> str:
    """The end of a sentence on the value to which ``way`` leads: how to write what was meant, or nothing.

    Args:
        data: The document's data.
        way: The way to the value.
        plain: What was written, if it was without quotes.
        is_right: Whether such a document would have no fault at that place.
    """
    if not way:
        return ""
    value = data
    for step in way:
        value = value[step]
    for other, hint in _guesses(value, plain):
        changed = copy.deepcopy(data)
        inner = changed
        for step in way[:-1]:
            inner = inner[step]
        inner[way[-1]] = other
        if is_right(changed):
            return f"; {hint}"
    return ""


def _guesses(value: Any, plain: str | None) -> Iterator[tuple[Any, str]]:
    if isinstance(value, str):
        word = value.strip().lower()
        if word in TRUE | FALSE:
            yield word in TRUE, f"write {str(word in TRUE).lower()}"
        if word in NONE:
            yield None, "for none, write null"
        if _NUMBER.fullmatch(value.strip()):
            digits = re.sub(r"[_' ]", "", value).replace(",", ".")
            number = float(digits) if "." in digits else int(digits)
            yield number, f"write {number:g}" if isinstance(number, float) else f"write {number}"
    elif plain and plain != "~" and len(plain) <= LONGEST and not isinstance(value, dict | list):
        yield plain, f'put it in quotes: "{plain}"'
