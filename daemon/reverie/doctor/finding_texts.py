"""The sentences of findings, in the languages of whoever reads them."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reverie.doctor.finding import Finding
from reverie.errors import capital

LANGUAGES = ("en", "de")
_FILE = Path(__file__).with_name("texts.json")
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class FindingTexts:
    """The texts of one language: by key a sentence and an advice, which may be empty."""

    language: str
    pairs: Mapping[str, tuple[str, str]]

    def title(self, point: str) -> str:
        """What a point is called."""
        return self.pairs[f"title.{point}"][0]

    def say(self, key: str, **values: object) -> str:
        """The sentence of a key."""
        return _filled(self.pairs[key][0], {name: str(value) for name, value in values.items()})

    def sentence(self, finding: Finding) -> str:
        """What was found."""
        return capital(_filled(self.pairs[finding.text][0], finding.values))

    def advice(self, finding: Finding) -> str:
        """What to do about it; empty where nothing is to be done."""
        return capital(_filled(self.pairs[finding.text][1], finding.values))


@functools.cache
def finding_texts(language: str) -> FindingTexts:
    """The texts of one of the :data:`LANGUAGES`."""
    pairs: dict[str, dict[str, list[str]]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return FindingTexts(language, {key: (said[language][0], said[language][1]) for key, said in pairs.items()})


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The text with each place filled; what is filled in may have braces of its own."""
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)
