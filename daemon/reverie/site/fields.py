"""Fields that several sections of the site have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema

from reverie.documents import Facts, Written
from reverie.music.notes import MAX_MIDI
from reverie.places import expanded

Data = Annotated[int, Field(ge=0, le=MAX_MIDI)]
"""What a data byte of MIDI can be."""


def from_here(written: str, info: ValidationInfo) -> Path:
    """A path of the file; a relative one counts from the file's own folder.

    Raises:
        ValueError: if it is none.
    """
    return (Facts.get(info, "folder") or Path()) / expanded(written)


FilePath = Annotated[Path, Written(str, str), AfterValidator(from_here), WithJsonSchema({"type": "string"})]
