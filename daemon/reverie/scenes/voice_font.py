"""The soundfont of a single voice: a file that is named from the scene's own folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import GetPydanticSchema
from pydantic_core import CoreSchema, core_schema

from reverie.documents import Facts
from reverie.places import expanded
from reverie.scenes.pattern import BESIDE

SUFFIXES = (".sf2", ".sf3")


@dataclass(frozen=True, slots=True)
class VoiceFont:
    """A soundfont as it is ``written``, and where it lies; the scene means what is written, wherever it lies."""

    written: str
    path: str


def _font(written: str, info: core_schema.ValidationInfo) -> VoiceFont:
    """A soundfont's file; where the caller knows the folder of the scene, it must be there."""
    if not written.lower().endswith(SUFFIXES):
        raise ValueError(f"a soundfont is a file that ends in {' or '.join(SUFFIXES)}, not {written!r}")
    beside: Path = Facts.get(info, BESIDE) or Path()
    path = beside / expanded(written)
    folder: Path | None = Facts.get(info, "folder")
    if folder is not None and not _is_file(path):
        raise ValueError(f"there is no file {written!r} in {folder}; soundfonts are found from the scene's own folder")
    return VoiceFont(written, str(path))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long, a folder that is closed
        return False


def _as_written(font: VoiceFont) -> str:
    return font.written


def _schema(_source: Any, _handler: Any) -> CoreSchema:
    return core_schema.with_info_after_validator_function(
        _font,
        core_schema.str_schema(strict=True),
        serialization=core_schema.plain_serializer_function_ser_schema(
            _as_written, return_schema=core_schema.str_schema()
        ),
    )


WrittenFont = Annotated[VoiceFont, GetPydanticSchema(_schema)]
