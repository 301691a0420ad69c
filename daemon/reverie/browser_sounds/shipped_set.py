"""The instruments that are shipped for browsers: one for every program of General MIDI, and a kit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reverie.browser_sounds.instrument import PAGE
from reverie.files import read_file

LISTING = "set.json"
KIT = "drums"
BY_KIND = {"bass": 33, "chords": 4}
"""The program that suits a kind of voice which names none; 11, a vibraphone, suits the others."""
ANY = 11


@dataclass(frozen=True, slots=True)
class ShippedSet:
    """The instruments by name, each the name of its page's file, and which of them each program has."""

    pages: Mapping[str, str]
    programs: Sequence[str]

    @classmethod
    def read(cls, folder: Path) -> ShippedSet:
        """The set that lies in a folder.

        Raises:
            OSError: if it cannot be read.
            ValueError: if it is none.
        """
        try:
            listing = json.loads(read_file(folder / LISTING))
            pages = {str(name): f"{page}.{PAGE}" for name, page in listing["instruments"].items()}
            programs = tuple(str(name) for name in listing["programs"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{folder / LISTING} is no set of instruments ({error!r})") from error
        if missing := {KIT, *programs} - pages.keys():
            raise ValueError(f"{folder / LISTING} names no page of {', '.join(sorted(missing))}")
        return cls(pages, programs)

    def name_for(self, program: int | None, kind: str, *, drums: bool) -> str:
        """The instrument for a voice of a kind that wants a program, or none, or plays on the channel of ``drums``."""
        if drums or (kind == KIT and program is None):
            return KIT
        return self.programs[BY_KIND.get(kind, ANY) if program is None else program]
