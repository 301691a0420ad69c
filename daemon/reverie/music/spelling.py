"""Names as people write them: capitals, spaces, hyphens and brackets make no other name, but any letter does."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def plain_words(name: str) -> list[str]:
    """The words of a name, in small letters."""
    return _WORD.findall(unicodedata.normalize("NFKC", name).casefold())


def same_name(name: str) -> str:
    """What is equal for all spellings of one name."""
    return "".join(plain_words(name))
