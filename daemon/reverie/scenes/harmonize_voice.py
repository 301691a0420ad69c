"""Voices of kind ``harmonize``, as artists write them: four parts, of which a line is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Written
from reverie.music.notation import WrittenPassage, read_tune
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.fields import TemperatureSection
from reverie.scenes.pattern import Pattern, WrittenSettings, settings_of
from reverie.scenes.polyphony_voice import parse_line
from reverie.scenes.temperature import Temperature
from reverie.scenes.voice_models import fitting_model, models_of
from reverie.scenes.voices import MODEL, PitchedVoice

PartName = Literal["soprano", "alto", "tenor", "bass"]
Struck = Literal["chords", "bars", "beats", "line", "never"]
CALM = 0.7
"""Drawn at 1, many places at once, parts are twice as rough to each other as in real music."""
_HEARD = "a voice that harmonizes has one line: the written one, or another voice's; leave one of them out"
_ALONE = (
    "the only part that is played is the written line, to which nothing is added; name others, or write a 'pattern'"
)
_TWICE = "a part is named once; leave the second out"


@dataclass(frozen=True, slots=True)
class HarmonizeSettings:
    """What the engine of four parts is told."""

    line: str = ""
    given: PartName = "soprano"
    parts: tuple[PartName, ...] = ()
    passes: int = 32
    shortest: int = 2
    struck: Struck = "chords"
    written: WrittenSettings | None = None

    def at(self, bar: int) -> Mapping[str, float | str]:
        """The same in every bar."""
        told: dict[str, float | str] = self.written.at(bar) if self.written else {}
        told |= {"given": self.given, "passes": float(self.passes), "shortest": float(self.shortest)}
        told |= {"line": self.line} if self.line else {}
        told |= {"parts": " ".join(self.parts)} if self.parts else {}
        return told | {"struck": self.struck}


class HarmonizeVoice(PitchedVoice[Literal["harmonize"]]):
    """Four parts, as of a choir: a line is given, and the model adds the others to it."""

    model: Annotated[str, AfterValidator(fitting_model)] = Field(
        description=MODEL, json_schema_extra=models_of("harmonize", "coconet")
    )
    density: Annotated[tuple[float, float], Field(strict=False)] = Field(
        default=(0.5, 48.0),
        description="Least and most notes a bar, on average; with a least of 1 or more no bar is empty.",
        examples=[[4, 24]],
    )
    temperature: Annotated[
        Temperature, Written(TemperatureSection, TemperatureSection.temperature, short=("from", "to"))
    ] = Field(
        default_factory=lambda: Temperature(CALM, CALM),
        description="How boldly the model draws, 0.1 to 3, or {from, to, over, after}; absent: 0.7.",
        examples=[0.7],
    )
    line: Annotated[str, AfterValidator(parse_line)] | None = Field(
        default=None,
        description=(
            "A line that is harmonized, over and over; like a primer. For another voice's line write "
            "`listen: {accompany: melody}`. Without either all four parts are the model's own."
        ),
        examples=["D5 - - - F5 - - - E5 - - - A4 - - -"],
    )
    given: PartName = Field(default="soprano", description="Which of the four parts the given line is.")
    parts: Annotated[tuple[PartName, ...], Field(strict=False, min_length=1)] | None = Field(
        default=None,
        description=(
            "Which parts the voice plays: soprano, alto, tenor, bass; absent: all but a line that another voice plays."
        ),
        examples=[["alto", "tenor", "bass"]],
    )
    passes: int = Field(
        default=32,
        ge=1,
        le=256,
        description=(
            "How often the model thinks its parts over, 1 to 256: more fit each other better, and take longer."
        ),
    )
    shortest: int = Field(
        default=2, ge=1, le=32, description="The shortest note of parts that are added, in sixteenths; 4 is a quarter."
    )
    struck: Struck = Field(
        default="chords",
        description=(
            "Where a note that a part keeps is struck again: where the chord changes (at bar lines, if the scene has "
            "no chords), at bar lines, on beats, with the given line, or never."
        ),
    )

    hints: ClassVar[Mapping[str, str]] = {
        "style": "how chords are played is said of voices of kind 'chords'; leave it out, or change the kind",
        "voices": "a voice that harmonizes has four; which of them it plays is written 'parts'",
        "polyphony": "which of the four parts it plays is written 'parts'",
        "beat": "the shortest note is written 'shortest', and 4 is a quarter; leave 'beat' out",
    }

    @property
    def at_once(self) -> int:
        """How many notes it may have at a time."""
        return len(self.parts) if self.parts else VOICE_KINDS["harmonize"].polyphony

    def settings(self, *, with_bass: bool) -> HarmonizeSettings:
        """What its engine is told."""
        del with_bass
        written: Pattern | None = self.written
        return HarmonizeSettings(
            self.line or "",
            self.given,
            self.parts or (),
            self.passes,
            self.shortest,
            self.struck,
            settings_of(written) if written else None,
        )

    @property
    def repeated(self) -> Mapping[str, WrittenPassage]:
        """Its line, if one is written."""
        return {"line": read_tune(self.line)} if self.line else {}

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Its line is one, and in the register if it is played."""
        yield from super().misfits()
        for number, part in enumerate(self.parts or ()):
            if part in (self.parts or ())[:number]:
                yield ("parts", number), _TWICE
        if self.line is None:
            if self.struck == "line" and not any(one.kind == "accompany" for one in self.listen):
                yield ("struck",), "there is no line to be struck with; write one, or listen: {accompany: melody}"
            return
        if any(one.kind == "accompany" for one in self.listen):
            yield ("line",), _HEARD
        if self.parts == (self.given,):
            yield ("parts",), _ALONE
        if self.low <= self.high and self.given in (self.parts or (self.given,)):
            yield from self.out_of_register("line", read_tune(self.line).notes)
