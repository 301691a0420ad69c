"""Patterns: music that is played as it is written, in the notation of primers or in a MIDI file beside the scene."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from reverie.documents import Document, Facts, Section
from reverie.errors import reason_of
from reverie.files import read_file
from reverie.folders import patiently
from reverie.music.midi_import import LARGEST, notes_of_midi
from reverie.music.notation import WrittenPassage, read_drums, read_tune
from reverie.music.notes import Note
from reverie.music.time import Metre

LONGEST = 16
"""Bars of the longest pattern, as of any loop."""
BESIDE = "beside"
"""What a reader of scenes knows by this name: the folder in which the files beside a scene lie."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is written: a passage; or the notes of a ``file``, of which ``bars`` are wanted, or all."""

    passage: WrittenPassage
    file: str = ""
    file_metre: tuple[int, int] | None = None
    bars: int | None = None

    def bars_in(self, metre: Metre) -> int:
        """How many bars it fills."""
        ticks = self.passage.steps * metre.bar_ticks // metre.bar_steps
        if self.file:
            ticks = max(note.end for note in self.passage.notes)
        return self.bars or -(-ticks // metre.bar_ticks)

    def notes_in(self, metre: Metre) -> tuple[Note, ...]:
        """Its notes, in ticks from 0."""
        end = self.bars_in(metre) * metre.bar_ticks
        return tuple(note for note in self.passage.notes if note.start < end)

    def misfits(self, metre: Metre) -> Iterator[str]:
        """Why it cannot be played in a metre."""
        yield from self.passage.misplaced(metre)
        if self.file_metre and self.file_metre != (metre.numerator, metre.denominator):
            upper, lower = self.file_metre
            yield f"{self.file} is in {upper}/{lower}, and the scene in {metre}"
            return
        bars, rest = self.bars_in(metre), self.passage.steps % metre.bar_steps
        if not self.passage.notes:
            yield "a pattern has a note"
        elif bars > LONGEST:
            yield f"a pattern is {LONGEST} bars at most, not {bars}"
        elif not self.file and rest:
            sentence = f"bar {bars} has {rest} sixteenths at the end; a bar of {metre} has {metre.bar_steps}"
            yield f"{sentence}, and a pattern fills whole bars"
        elif not (notes := self.notes_in(metre)):
            yield f"{self.file} has no note in its first {bars} bars"
        elif (last := max(notes, key=lambda note: note.end)).end > bars * metre.bar_ticks:
            bar = last.start // metre.bar_ticks + 1
            yield f"{self.file} has a note in bar {bar} that sounds on after bar {bars}, where the pattern ends"


@dataclass(frozen=True, slots=True)
class WrittenSettings:
    """What the operator is told that plays what is written: whether its velocities are meant as they are."""

    dynamics: Literal["marks", "velocities"] = "marks"

    def at(self, bar: int) -> dict[str, float | str]:
        """The same in every bar."""
        del bar
        return {"dynamics": self.dynamics}


def settings_of(pattern: Pattern | None) -> WrittenSettings:
    """What the operator is told of a pattern, or of a primer."""
    return WrittenSettings("velocities" if pattern and pattern.file else "marks")


def _is_beside(written: str) -> bool:
    path = PurePosixPath(written)
    return bool(path.name) and "\0" not in written and not path.is_absolute() and ".." not in path.parts


def _beside(written: str) -> str:
    if not _is_beside(written):
        raise ValueError("a file of a pattern lies beside the scene, or in a folder there, such as riffs/riff.mid")
    return written


class PatternFile(Section):
    """Notes of a MIDI file."""

    file: Annotated[str, AfterValidator(_beside)] = Field(
        description="A Standard MIDI File beside the scene.", examples=["riff.mid"]
    )
    track: Annotated[int, Field(ge=1)] | str | None = Field(
        default=None, description="Which of its tracks, by number from 1 or by name; needed where several have notes."
    )
    channel: int | None = Field(default=None, ge=1, le=16, description="Which of its channels; absent: all.")
    bars: int | None = Field(
        default=None, ge=1, le=LONGEST, description="How many bars from its beginning; absent: up to its last note."
    )


def _read_file(section: PatternFile, info: ValidationInfo) -> Pattern:
    """Read the file.

    Raises:
        ValueError: if it is not there, or no file of notes.
    """
    folder: Path | None = Facts.get(info, BESIDE)
    if folder is None:
        raise ValueError("the file of a pattern is found beside the scene's own, which is not known here")
    path = folder / section.file
    try:
        data = patiently(path, lambda: read_file(path, LARGEST))
        read = notes_of_midi(data, section.track, section.channel)
    except FileNotFoundError:
        raise ValueError(f"there is no file {section.file!r} in {folder}") from None
    except (OSError, TimeoutError) as error:
        raise ValueError(f"{section.file} cannot be read ({reason_of(error)})") from error
    except ValueError as error:
        raise ValueError(f"{section.file}: {error}") from error
    return Pattern(WrittenPassage(read.notes), section.file, read.metre, section.bars)


def drum_pattern(lines: Mapping[int, str]) -> Pattern:
    """Lines by drum as a pattern.

    Raises:
        ValueError: if they are not equally long.
    """
    return Pattern(read_drums(lines, "a pattern"))


def tune_pattern(text: str) -> Pattern:
    """A tune as a pattern.

    Raises:
        ValueError: if it is none.
    """
    return Pattern(read_tune(text))


@dataclass(frozen=True, slots=True)
class NotesOrFile:
    """Annotates a pattern: notes in ``form``, of which ``value`` makes a pattern, or a mapping that has a ``file``."""

    form: Any
    value: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Look first which of both it is, so that faults are told for what was meant alone."""
        serialized = core_schema.plain_serializer_function_ser_schema(_itself, return_schema=core_schema.any_schema())
        notes = core_schema.no_info_after_validator_function(self.value, handler.generate_schema(self.form))
        file = core_schema.with_info_after_validator_function(_read_file, handler.generate_schema(PatternFile))
        # Tags in angle brackets cannot be taken for keys on the way to a fault.
        return core_schema.tagged_union_schema(
            {"<notes>": notes, "<file>": file}, discriminator=_tag, serialization=serialized
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Tell editors both forms; a mapping of a file might be one of lines as well."""
        return {"anyOf": handler(schema)["oneOf"]}


def _itself(value: Any) -> Any:
    return value


def _tag(data: Any) -> str:
    return "<file>" if isinstance(data, dict) and "file" in data else "<notes>"


def files_of(document: Document) -> tuple[str, ...]:
    """The files that the patterns of a scene name, whether they are there and the scene is right or not."""
    named: list[str] = []
    for way in document.values:
        match way:
            case ("voices", str(), "pattern", "file"):
                value: Any = document.data
                for step in way:
                    value = value[step]
                named += [value] if isinstance(value, str) and _is_beside(value) else []
            case _:
                pass
    return tuple(dict.fromkeys(named))
