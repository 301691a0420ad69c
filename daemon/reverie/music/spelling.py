"""Names as people write them: capitals, spaces, hyphens and brackets make no other name."""

from __future__ import annotations

import re

_WORD = re.compile(r"[a-z0-9]+")


def plain_words(name: str) -> list[str]:
    """The words of a name, in small letters."""
    return _WORD.findall(name.casefold())


def same_name(name: str) -> str:
    """What is equal for all spellings of one name."""
    return "".join(plain_words(name))
