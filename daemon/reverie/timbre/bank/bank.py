"""A bank in its folder: finished samples with their key ranges, and where it all comes from.

Who plays banks needs no more than this, and no NumPy; :mod:`reverie.timbre.bank.bank_files` makes them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.files import read_file
from reverie.generations import is_readable, read_as

VERSION = 1
LARGEST = 2_000_000_000
"""Bytes of a file of a bank."""
CARD = "bank.json"
SOUNDFONT = "bank.sf2"
SFZ = "bank.sfz"
HASH = "sha256"


@dataclass(frozen=True, slots=True)
class Origin:
    """A source as the bank's card names it: what people call it, its share, whose it is and on what terms."""

    name: str
    weight: float
    author: str = "not stated"
    licence: str = "not stated"
    source: str = "not stated"

    @property
    def sentence(self) -> str:
        """For the comment of a file."""
        return f"{self.weight:.0%} {self.name} by {self.author} ({self.licence}), from {self.source}"


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank in its folder. ``id`` is its recipe's; ``card`` is its JSON."""

    id: str
    folder: Path
    card: Mapping[str, Any]

    @property
    def title(self) -> str:
        """What it was first rendered for."""
        return str(self.card["title"])

    @property
    def soundfont(self) -> Path:
        """Its SF2 file."""
        return self.folder / SOUNDFONT

    @property
    def samples(self) -> Sequence[Path]:
        """Its WAV files, from the lowest pitch."""
        return [self.folder / zone["file"] for zone in self.card["zones"]]

    @property
    def origins(self) -> Sequence[Origin]:
        """Its sources."""
        return [read_as(Origin, origin) for origin in self.card["sources"]]


def read_bank(folder: Path) -> Bank:
    """The bank in a folder, every file of it as it was written.

    Raises:
        ValueError: if it is damaged, or was written in another version of this format.
        OSError: if a file is missing or cannot be read.
    """
    try:
        card = json.loads(read_file(folder / CARD))
        if not is_readable(card["version"], VERSION):
            raise ValueError(f"it was written in version {card['version']} of this format")
        bank = Bank(str(card["id"]), folder, card)
        parts = {SOUNDFONT, SFZ, *(sample.name for sample in bank.samples)}
        if missing := sorted(parts - set(card["files"])):
            raise ValueError(f"its {CARD} does not name {', '.join(missing)}")
        if not (bank.title and bank.samples and bank.origins):
            raise ValueError(f"its {CARD} is not as it was written")
        wrong = [
            name
            for name, digest in card["files"].items()
            if hashlib.new(HASH, read_file(folder / name, LARGEST)).hexdigest() != digest
        ]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"its {CARD} is no bank's ({error!r})") from error
    if wrong:
        raise ValueError(f"{', '.join(wrong)} is not as it was written")
    return bank
