"""Voices of kind ``genie``, as artists write them: eight buttons, which a Piano Genie makes a piano part of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Written
from reverie.music.harmony import pitch_name
from reverie.music.notation import WrittenPassage, read_contour
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.fields import TemperatureSection
from reverie.scenes.pattern import WrittenSettings, settings_of
from reverie.scenes.temperature import Temperature
from reverie.scenes.voice_models import fitting_model, models_of
from reverie.scenes.voices import MODEL, PitchedVoice

MOST_HANDS = VOICE_KINDS["genie"].polyphony
_LOWEST_KEY, _HIGHEST_KEY = 21, 108
_TWO_CONTOURS = "a voice of kind 'genie' has one contour: the written one, or another voice's; leave one of them out"


def parse_contour(text: str) -> str:
    """A written contour, checked where it stands.

    Raises:
        ValueError: if it is none, has no button, or begins with a hold: nothing is pressed before it.
    """
    passage = read_contour(text)
    if not passage.notes:
        raise ValueError("a contour has a button, 1 to 8, that is pressed")
    if any(note.tied for note in passage.notes):
        raise ValueError("sixteenth 1, column 1: - holds, but no button is pressed that it could hold")
    return text


@dataclass(frozen=True, slots=True)
class GenieSettings:
    """What the engine of Piano Genie is told: the contour, if one is written."""

    contour: str = ""
    written: WrittenSettings | None = None

    def at(self, bar: int) -> Mapping[str, float | str]:
        """The same in every bar."""
        told: dict[str, float | str] = self.written.at(bar) if self.written else {}
        return told | ({"contour": self.contour} if self.contour else {})


class GenieVoice(PitchedVoice[Literal["genie"]]):
    """A piano that is played by eight buttons."""

    model: Annotated[str, AfterValidator(fitting_model)] = Field(
        description=MODEL, json_schema_extra=models_of("genie", "piano_genie")
    )
    temperature: Annotated[
        Temperature, Written(TemperatureSection, TemperatureSection.temperature, short=("from", "to"))
    ] = Field(
        default=Temperature(0.25, 0.25),
        description="How boldly the model plays, 0.1 to 3; or {from, to, over, after} to move over the bars.",
        examples=[0.25],
    )
    density: Annotated[tuple[float, float], Field(strict=False)] = Field(
        default=(0.5, 24.0),
        description="Least and most notes a bar, on average; with a least of 1 or more no bar is empty.",
        examples=[[4, 16]],
    )
    contour: Annotated[str, AfterValidator(parse_contour)] | None = Field(
        default=None,
        description=(
            "Which buttons are pressed, 1 (low) to 8, over and over, written like a primer; absent: those that another "
            "voice's notes press (`listen: {follow: melody}`), or else they are drawn, as dense as the voice is to be."
        ),
        examples=["1 3 5 8 7:2 6:2 [2 4]:4 .:4"],
    )
    voices: int = Field(
        default=2,
        ge=1,
        le=MOST_HANDS,
        description=f"How many notes sound at a time, at most, each by a button of its own; 1 to {MOST_HANDS}.",
    )

    hints: ClassVar[Mapping[str, str]] = {
        "beat": "a contour has its own rhythm; leave it out",
        "buttons": "the buttons that are pressed are written 'contour'",
        "line": "only a voice of kind 'polyphony' has a line; buttons are written 'contour'",
        "polyphony": "how many notes sound at a time is written 'voices'",
    }

    @property
    def at_once(self) -> int:
        """How many notes it may have at a time."""
        return self.voices

    def settings(self, *, with_bass: bool) -> GenieSettings:
        """What its engine is told."""
        del with_bass
        return GenieSettings(self.contour or "", settings_of(self.written) if self.written else None)

    @property
    def repeated(self) -> Mapping[str, WrittenPassage]:
        """Its contour, if one is written."""
        return {"contour": read_contour(self.contour)} if self.contour else {}

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """It has one contour, and a register that a piano has."""
        yield from super().misfits()
        if self.contour is not None and any(one.kind == "follow" for one in self.listen):
            yield ("contour",), _TWO_CONTOURS
        if self.low <= self.high and not _LOWEST_KEY <= self.low <= self.high <= _HIGHEST_KEY:
            piano = f"{pitch_name(_LOWEST_KEY)} to {pitch_name(_HIGHEST_KEY)}"
            said = f"{pitch_name(self.low)} to {pitch_name(self.high)}"
            yield ("register",), f"a genie plays the keys of a piano, {piano}; {said} leaves them"
