"""The sounds that a scene's timbres are mixed of: files, points of a model's own space, and kits of drums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from reverie.documents import Facts, Keys, Section, Written
from reverie.documents.instrument_fields import DRUM_KEYS, ByDrum
from reverie.music.harmony import parse_pitch
from reverie.scenes.fields import known

SHIPPED = "shipped:"
"""Before the name of a source that comes with the package."""

Pitch = Annotated[int, Written(str, parse_pitch)]


def _sound_file(written: str, info: ValidationInfo) -> str:
    """A source's file; where the caller knows the folder of the scene, it must be there."""
    if not written.removeprefix(SHIPPED) or "\0" in written:
        raise ValueError("a source is the name of a sound file, or shipped:NAME")
    if written.startswith(SHIPPED):
        known("shipped sound", written.removeprefix(SHIPPED), info)
        return written
    folder: Path | None = Facts.get(info, "folder")
    if folder is not None and not _is_file(folder / written):
        raise ValueError(f"there is no file {written!r} in {folder}; sources are found from the scene's own folder")
    return written


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long, a folder that is closed
        return False


class DrumSource(Section):
    """A sound file that is one drum of a kit."""

    file: Annotated[str, AfterValidator(_sound_file)] = Field(
        description=f"A sound file, as of any source, or {SHIPPED}NAME.", examples=["sounds/cat.wav"]
    )
    pitch: Pitch | None = Field(
        default=None, description="The pitch at which the file sounds; absent: it is measured.", examples=["A4"]
    )
    at: Pitch | None = Field(
        default=None,
        description=(
            "The pitch to which it is transposed; absent: it sounds as it is. A file without a pitch counts as C4."
        ),
        examples=["C1"],
    )


def _itself(source: DrumSource) -> DrumSource:
    return source


class SourceSection(Section):
    """A sound from which timbres are mixed: a file, a point of the model's own space, or a kit of drums."""

    file: Annotated[str, AfterValidator(_sound_file)] | None = Field(
        default=None,
        description=f"A WAV, FLAC or MP3 file, relative to the scene's; or {SHIPPED}NAME for a sound that is shipped.",
        examples=["sounds/cat.wav"],
    )
    pitch: Pitch | None = Field(
        default=None, description="The pitch at which the file sounds; absent: it is measured.", examples=["A4"]
    )
    latent: int | None = Field(
        default=None, ge=0, lt=2**32, description="In place of a file: the seed of a point of the model's own space."
    )
    formants: Literal["stay", "move"] = Field(
        default="stay",
        description=(
            "What becomes of its resonances when its pitch moves: they 'stay', as of one body that sings higher, or "
            "'move' along, as on a tape that is played faster."
        ),
    )
    kit: ByDrum[Annotated[DrumSource, Written(DrumSource, _itself, short=("file",))]] | None = Field(
        default=None,
        min_length=1,
        description="In place of a file: for each drum a file, or {file, pitch, at}.",
        examples=[{"bass": "sounds/kick.wav", "snare": {"file": "sounds/cat.wav", "at": "G3"}}],
        json_schema_extra=DRUM_KEYS,
    )

    hints: ClassVar[Mapping[str, str]] = {
        "at": "a pitch to be transposed to is a drum's, as 'kit: {kick: {file: cat.wav, at: C1}}'",
    }

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """It is one of them."""
        if sum(one is not None for one in (self.file, self.latent, self.kit)) != 1:
            yield (), "a source is either a 'file', a 'latent' or a 'kit'"
        elif self.pitch is not None and self.file is None:
            what = "latent has no pitch of its own" if self.kit is None else "kit's pitches are those of its drums"
            yield ("pitch",), f"a {what}; leave it out"
        elif self.formants == "move" and self.latent is not None:
            yield ("formants",), "a latent's pitch is the model's; leave the formants out"
