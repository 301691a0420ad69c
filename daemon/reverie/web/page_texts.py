"""The texts of a page's HTML in the languages of the house.

A page is sent in the language that its visitor's browser asks for, so that nobody sees another one flash by first. Its
scripts go on from there with the same catalogues.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from html import escape

FIRST = "en"
"""The language of the HTML itself."""
Texts = Mapping[str, str]
"""A catalogue: text by key."""
_TEXT = re.compile(r'(<[^<>]*\bdata-i18n="([\w.-]+)"[^<>]*>)[^<>]*(?=<)')
_TAG = re.compile(r"<[^<>]*\bdata-i18n-label=[^<>]*>")
_LABEL = re.compile(r'\bdata-i18n-label="([\w.-]+)"')
_LABELLED = re.compile(r'(?<![\w-])aria-label="[^"]*"')
_LANGUAGE = re.compile(r'<html lang="\w+"')


def catalogues(contents: Mapping[str, bytes]) -> dict[str, Texts]:
    """The catalogues among the files of the page, by language; the first language is always there."""
    found = {
        name.removeprefix("i18n/").removesuffix(".json"): json.loads(body)
        for name, body in contents.items()
        if name.startswith("i18n/")
    }
    return {FIRST: {}, **found}


def translated(page: str, language: str, texts: Texts) -> str:
    """The page in a language; what has no text there stays as it is."""

    def text(found: re.Match[str]) -> str:
        return found[1] + escape(texts[found[2]], quote=False) if found[2] in texts else found[0]

    def label(found: re.Match[str]) -> str:
        key = _LABEL.search(found[0])
        if key is None or key[1] not in texts:
            return found[0]
        written = f'aria-label="{escape(texts[key[1]])}"'
        return _LABELLED.sub(lambda _: written, found[0])

    page = _LANGUAGE.sub(f'<html lang="{language}"', page, count=1)
    return _TAG.sub(label, _TEXT.sub(text, page))


def language_for(accepted: str, known: Collection[str]) -> str:
    """The language of ``known`` that a browser would have first, by its header ``Accept-Language``.

    Source: RFC 9110, 12.5.4. Whatever is no such header asks for nothing.
    """
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(",")[:16]:
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        language = tag.strip().partition("-")[0].lower()
        if language in known and quality > 0:
            wanted.append((-quality, language))
    return min(wanted, key=lambda one: one[0])[1] if wanted else FIRST
