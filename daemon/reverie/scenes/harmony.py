"""The harmony of a scene as artists write it: chords, sections of them, and how they change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from reverie.documents import Keys, Section, Written
from reverie.music.durations import parse_duration
from reverie.music.progressions import Progression, parse_progression
from reverie.scenes.timbre import Name

LONGEST = 24 * 3600.0
"""Seconds that a written bar may last."""
_MOST_BARS = 10_000
DEFAULT_STRICTNESS = 0.8


def _span(written: Any) -> float | int:
    """So many bars, or seconds, which are a float."""
    if isinstance(written, int) and not isinstance(written, bool):
        if 1 <= written <= _MOST_BARS:
            return written
    elif isinstance(written, str) and 0 < (seconds := parse_duration(written)) <= LONGEST:
        return float(seconds)
    elif isinstance(written, float):
        return written
    raise ValueError(f"a length is 1 to {_MOST_BARS} bars, such as 4, or a time up to 24 h, such as 2m, not {written}")


Span = Annotated[
    int | float,
    BeforeValidator(_span),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": _MOST_BARS}, {"type": "string"}]}),
]
"""A length of music: bars as a whole number, or seconds as a float."""
ChordColour = Literal["add9", "sus2", "sus4", "sixth", "seventh", "inversion"]
COLOURS: tuple[ChordColour, ...] = ("add9", "sus2", "sus4", "sixth", "seventh", "inversion")
KeyMove = Literal["fifth", "step", "relative", "third"]
Chords = Annotated[Progression, Written(str, parse_progression)]

_CHORDS = (
    'Chords, with | between bars, as symbols ("Dm9 | G13 | Cmaj7 x2") or as degrees of the key ("i | VI | III VII"); - '
    "holds the chord before."
)
_EVERY = "How long a written bar lasts: bars, or a time such as 2m."


class HarmonySection(Section):
    """A progression, and how often it is played before another."""

    name: Name = Field(default="", description="A name for people to read.", examples=["verse"])
    chords: Chords | None = Field(default=None, description=_CHORDS, examples=["Dm9 | G13"])
    every: Span | None = Field(default=None, description=f"{_EVERY} Absent: as the harmony's own.", examples=[2])
    times: int = Field(default=1, ge=1, le=64, description="How often it is played in a row.")
    weight: int = Field(default=1, ge=1, le=16, description="How often it comes in each round of the sections.")

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """It has chords."""
        if self.chords is None:
            yield (), "a section has 'chords'"


class ColourSection(Section):
    """How a chord changes while it lasts."""

    every: Span = Field(description="How long a colour lasts: bars, or a time such as 30s.", examples=[4, "30s"])
    kinds: Annotated[tuple[ChordColour, ...], Field(strict=False)] = Field(
        default=COLOURS,
        alias="with",
        min_length=1,
        description="The colours between which it changes, besides the chord as it is written; notes of the key alone.",
        examples=[["add9", "sus2"]],
    )


class ModulateSection(Section):
    """How the key moves: in tours of four related keys, by chords that two of them share, and home again."""

    every: Span = Field(description="How long a key lasts: bars, or a time such as 40m.", examples=["40m"])
    by: Annotated[tuple[KeyMove, ...], Field(strict=False)] = Field(
        default=("fifth",),
        min_length=1,
        description=(
            "The ways from key to key: `fifth` up or down, `step` up or down, `relative` (the other mode on the same "
            "notes), `third` (C major to E minor). The latter two need degrees that are generated."
        ),
        examples=[["fifth"]],
    )


class HarmonySettings(Section):
    """The chords to which a scene's voices play."""

    chords: Chords | None = Field(default=None, description=_CHORDS, examples=["Dm9 | G13 | Cmaj7 | A7alt"])
    sections: Annotated[tuple[HarmonySection, ...], Field(strict=False)] = Field(
        default=(), max_length=32, description="In place of `chords`: several progressions, which follow each other."
    )
    order: Literal["written", "drawn"] = Field(
        default="written",
        description="How sections follow: as written, or drawn by lot, each `weight` times before all are drawn anew.",
    )
    every: Span = Field(default=1, description=_EVERY, examples=[2, "2m"])
    strictness: float = Field(
        default=DEFAULT_STRICTNESS,
        ge=0,
        le=1,
        description="How much the chords bind what models compose, 0 (not at all) to 1.",
    )
    colour: ColourSection | None = Field(
        default=None, description="How a chord that lasts changes its colour; absent: it does not."
    )
    modulate: ModulateSection | None = Field(
        default=None, description="How the key moves over the hours; absent: it stays."
    )
    cadence: bool = Field(
        default=False, description="Whether each section ends with the chord that leads to the tonic."
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """There is one source of chords."""
        if (self.chords is not None) + bool(self.sections) != 1:
            yield (), "a harmony has either 'chords' or 'sections'"
        if self.modulate:
            for number, move in enumerate(self.modulate.by):
                if move in {"relative", "third"}:
                    sentence = f"{move!r} changes the mode, in which chords that are written would be others"
                    yield ("modulate", "by", number), sentence

    @property
    def parts(self) -> tuple[HarmonySection, ...]:
        """The sections, or the one that there is."""
        return self.sections or (HarmonySection.model_construct(chords=self.chords),)


def itself(settings: HarmonySettings) -> HarmonySettings:
    """Settings are read as they are."""
    return settings
