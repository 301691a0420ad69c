"""Fields that several sections of the site have."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema

from reverie.documents import Facts, Written
from reverie.music.notes import MAX_MIDI
from reverie.places import expanded

Data = Annotated[int, Field(ge=0, le=MAX_MIDI)]
"""What a data byte of MIDI can be."""


def one_line(written: str) -> str:
    """A name that is one line and nothing but characters that can be seen.

    Raises:
        ValueError: if it is more.
    """
    if any(unicodedata.category(character) == "Cc" for character in written):
        raise ValueError(
            f"a name of a file or device is one line without control characters, not {written!r}; write it in quotes "
            "on the line of its key"
        )
    return written


def from_here(written: str, info: ValidationInfo) -> Path:
    """A path of the file; a relative one counts from the file's own folder.

    Raises:
        ValueError: if it can be none.
    """
    return (Facts.get(info, "folder") or Path()) / expanded(one_line(written))


@dataclass(frozen=True, slots=True)
class SecretMark:
    """Marks fields that name a file of secrets."""


SECRET = SecretMark()
FilePath = Annotated[Path, Written(str, str), AfterValidator(from_here), WithJsonSchema({"type": "string"})]
SecretPath = Annotated[FilePath, SECRET]
"""The same, of a file that holds a secret: no backup has it."""
