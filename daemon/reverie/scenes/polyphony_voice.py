"""Voices of kind ``polyphony``, as artists write them: several notes at a time, which a model composes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from reverie.documents import Keys
from reverie.music.notation import WrittenPassage, read_tune
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.pattern import Pattern, WrittenSettings, settings_of
from reverie.scenes.voice_models import fitting_model, models_of
from reverie.scenes.voices import MODEL, PitchedVoice

MOST_VOICES = VOICE_KINDS["polyphony"].polyphony
_HEARD = "a voice of polyphony has one line: the written one, or another voice's; leave one of them out"


def parse_line(text: str) -> str:
    """A written line, checked where it stands.

    Raises:
        ValueError: if it is none, or has no note.
    """
    if not read_tune(text).notes:
        raise ValueError("a line has a note")
    return text


@dataclass(frozen=True, slots=True)
class PolyphonySettings:
    """What the engine of polyphony is told: how firmly notes begin on beats, and the line that is given."""

    beat: float = 1.0
    line: str = ""
    written: WrittenSettings | None = None

    def at(self, bar: int) -> Mapping[str, float | str]:
        """The same in every bar."""
        told: dict[str, float | str] = self.written.at(bar) if self.written else {}
        return told | ({"beat": self.beat} if self.beat else {}) | ({"line": self.line} if self.line else {})


class PolyphonyVoice(PitchedVoice[Literal["polyphony"]]):
    """Several notes at a time on sixteenths."""

    model: Annotated[str, AfterValidator(fitting_model)] = Field(
        description=MODEL, json_schema_extra=models_of("polyphony", "polyphony")
    )
    density: Annotated[tuple[float, float], Field(strict=False)] = Field(
        default=(0.5, 48.0),
        description="Least and most notes a bar, on average; with a least of 1 or more no bar is empty.",
        examples=[[4, 24]],
    )
    voices: int = Field(
        default=4, ge=1, le=MOST_VOICES, description=f"How many notes sound at a time, at most; 1 to {MOST_VOICES}."
    )
    beat: float = Field(
        default=1.0,
        ge=0,
        le=3,
        description=(
            "How firmly notes begin on beats: 0 leaves it to the model, which may lose the beat; 1 is as in real music."
        ),
    )
    line: Annotated[str, AfterValidator(parse_line)] | None = Field(
        default=None,
        description=(
            "A line that the voice plays as it is written, over and over, while its model adds notes to it; like a "
            "primer. For another voice's line write `listen: {accompany: melody}`."
        ),
        examples=["D5 - - - F5 - - - E5 - - - A4 - - -"],
    )

    hints: ClassVar[Mapping[str, str]] = {
        "style": "how chords are played is said of voices of kind 'chords'; leave it out, or change the kind",
        "polyphony": "how many notes sound at a time is written 'voices'",
    }

    @property
    def at_once(self) -> int:
        """How many notes it may have at a time."""
        return self.voices

    def settings(self, *, with_bass: bool) -> PolyphonySettings:
        """What its engine is told."""
        del with_bass
        written: Pattern | None = self.written
        return PolyphonySettings(self.beat, self.line or "", settings_of(written) if written else None)

    @property
    def repeated(self) -> Mapping[str, WrittenPassage]:
        """Its line, if one is written."""
        return {"line": read_tune(self.line)} if self.line else {}

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Its line is one, and in the register."""
        yield from super().misfits()
        if self.line is None:
            return
        if any(one.kind == "accompany" for one in self.listen):
            yield ("line",), _HEARD
        if self.low <= self.high:
            yield from self.out_of_register("line", read_tune(self.line).notes)
