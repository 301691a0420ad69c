"""The harmony of a scene as artists write it: chords, sections of them, and how they change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from reverie.documents import Keys, Section, Written
from reverie.music.durations import parse_duration
from reverie.music.progressions import Progression, parse_progression
from reverie.music.time import TICKS_PER_QUARTER, Metre, Tempo
from reverie.scenes.timbre import Name

SHORTEST = 0.5
"""Bars of the shortest chord that is generated."""
LONGEST = 24 * 3600.0
"""Seconds that a written bar may last."""
MOST_COLOURS = 50_000
"""Colours that a section may have: so that it is made in less than a second."""
_MOST_BARS = 10_000
_SECONDS_PER_MINUTE = 60.0
DEFAULT_STRICTNESS = 0.8


def _span(written: Any) -> float | int:
    """So many bars, or seconds, which are a float."""
    if isinstance(written, int) and not isinstance(written, bool):
        if 1 <= written <= _MOST_BARS:
            return written
    elif isinstance(written, str) and 0 < (seconds := parse_duration(written)) <= LONGEST:
        return float(seconds)
    raise ValueError(f"a length is 1 to {_MOST_BARS} bars, such as 4, or a time up to 24 h, such as 2m, not {written}")


Span = Annotated[
    int | float,
    BeforeValidator(_span),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": _MOST_BARS}, {"type": "string"}]}),
]
"""A length of music: bars as a whole number, or seconds as a float."""
ChordColour = Literal["add9", "sus2", "sus4", "sixth", "seventh", "inversion"]
COLOURS: tuple[ChordColour, ...] = ("add9", "sus2", "sus4", "sixth", "seventh", "inversion")
ChordKinds = Literal["triads", "sevenths", "learned"]
ChordSource = Literal["counts", "network"]
KeyMove = Literal["fifth", "step", "relative", "third"]
Chords = Annotated[Progression, Written(str, parse_progression)]

_CHORDS = (
    'Chords, with | between bars, as symbols ("Dm9 | G13 | Cmaj7 x2") or as degrees of the key ("i | VI | III VII"); - '
    "holds the chord before."
)
_EVERY = "How long a written bar lasts: bars, or a time such as 2m."


def in_bars(metre: Metre, tempo: Tempo, span: float) -> int:
    """A length as bars, 1 at least; one in seconds, which is a float, at the scene's middle tempo."""
    if isinstance(span, int):
        return span
    bar_seconds = metre.bar_ticks / TICKS_PER_QUARTER * _SECONDS_PER_MINUTE / tempo.qpm
    return max(round(span / bar_seconds), 1)


class GenerateSection(Section):
    """A progression that is generated: from the tonic, by what real tunes do, to the chord that leads home again."""

    bars: int = Field(default=8, ge=2, le=128, description="Its length in bars (of `every`).", examples=[8])
    rhythm: Annotated[tuple[float, float], Field(strict=False)] = Field(
        default=(1.0, 2.0), description="How many bars a chord lasts, least and most, from 0.5.", examples=[[1, 2]]
    )
    tension: Annotated[tuple[float, float], Field(strict=False)] = Field(
        default=(0.2, 0.5),
        description=(
            "How far chords may stray from the tonic, at the beginning and before the end: 0 is nowhere, 0.2 stays "
            "among chords of the key, 0.5 has chords that lead to those, 1 is anything."
        ),
        examples=[[0.2, 0.5]],
    )
    kinds: ChordKinds = Field(
        default="learned", description="Whether chords are `triads`, have `sevenths`, or are as in the tunes."
    )
    different: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="How many different progressions there are in a key, which come back; absent: each is new.",
    )
    by: ChordSource = Field(
        default="counts",
        description=(
            "What foretells the next chord: `counts` of what follows three chords in the tunes, or a `network` that "
            "has heard all chords of the progression, together with these counts and what the progression repeats."
        ),
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Ranges are ranges."""
        low, high = self.rhythm
        if not SHORTEST <= low <= high <= self.bars:
            yield ("rhythm",), f"a rhythm is the least and the most bars, 0.5 to 'bars', not [{low:g}, {high:g}]"
        if not all(0 <= one <= 1 for one in self.tension):
            yield ("tension",), "a tension is two numbers from 0 to 1: at the beginning, and before the end"


class HarmonySection(Section):
    """A progression, and how often it is played before another."""

    name: Name = Field(default="", description="A name for people to read.", examples=["verse"])
    chords: Chords | None = Field(default=None, description=_CHORDS, examples=["Dm9 | G13"])
    generate: GenerateSection | None = Field(
        default=None, description="In place of `chords`: a progression that is generated, anew each time."
    )
    every: Span | None = Field(default=None, description=f"{_EVERY} Absent: as the harmony's own.", examples=[2])
    times: int = Field(default=1, ge=1, le=64, description="How often it is played in a row.")
    strictness: float | None = Field(
        default=None, ge=0, le=1, description="How much its chords bind; absent: as the harmony's do."
    )
    weight: int = Field(default=1, ge=1, le=16, description="How often it comes in each round of the sections.")

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """There is one source of chords."""
        if (self.chords is None) == (self.generate is None):
            yield (), "a section has either 'chords' or 'generate'"


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
            "notes), `third` (C major to E minor). The latter two need chords that are generated."
        ),
        examples=[["fifth"]],
    )


class HarmonySettings(Section):
    """The chords to which a scene's voices play."""

    chords: Chords | None = Field(default=None, description=_CHORDS, examples=["Dm9 | G13 | Cmaj7 | A7alt"])
    generate: GenerateSection | None = Field(
        default=None, description="In place of `chords`: progressions that are generated, each anew."
    )
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
        if (self.chords is not None) + (self.generate is not None) + bool(self.sections) != 1:
            yield (), "a harmony has one of 'chords', 'generate' and 'sections'"
        if self.modulate and any(part.chords for part in self.parts):
            for number, move in enumerate(self.modulate.by):
                if move in {"relative", "third"}:
                    sentence = f"{move!r} changes the mode, in which chords that are written would be others"
                    yield ("modulate", "by", number), sentence

    def too_colourful(self, metre: Metre, tempo: Tempo) -> Iterator[tuple[Keys, str]]:
        """A section has no more colours than can be made at once, in a scene of that metre and tempo."""
        if self.colour is None:
            return
        lasts = in_bars(metre, tempo, self.colour.every)
        for part in self.parts:
            bars = len(part.chords.bars) if part.chords else part.generate.bars if part.generate else 0
            every = in_bars(metre, tempo, self.every if part.every is None else part.every)
            if (colours := bars * part.times * every // lasts) > MOST_COLOURS:
                sentence = (
                    f"a section would have {colours} colours, and {MOST_COLOURS} are possible; let each last longer"
                )
                yield ("colour", "every"), sentence
                return

    @property
    def parts(self) -> tuple[HarmonySection, ...]:
        """The sections, or the one that there is."""
        return self.sections or (HarmonySection.model_construct(chords=self.chords, generate=self.generate),)


class OwnChords(Section):
    """Chords of one voice, which it plays over and over in place of the scene's."""

    chords: Chords = Field(description=_CHORDS, examples=["Dm9 | G13"])
    every: Span = Field(default=1, description=_EVERY, examples=[2, "2m"])


def own_chords_itself(chords: OwnChords) -> OwnChords:
    """A voice's chords are read as they are."""
    return chords


def itself(settings: HarmonySettings) -> HarmonySettings:
    """Settings are read as they are."""
    return settings
