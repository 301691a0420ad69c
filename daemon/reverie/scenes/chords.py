"""How a voice of kind ``chords`` plays the scene's harmony, as artists write it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Section, Written
from reverie.music.chord_figures import HIT, ORDERS, REST, ChordStyle, Doubling, PadStrike
from reverie.music.drums import parse_drum
from reverie.scenes.temperature import After, Temperature
from reverie.scenes.timbre import plain_name

FEWEST_VOICES, MOST_VOICES = 3, 6
NARROWEST = 19
"""Semitones of a register, at least: so that there is more than one place for a chord."""
VOICE_CHORDS = "voice-chords"
"""The operator that makes all its loops."""
_MOST_NUMBER = 16


def parse_rhythm(text: str) -> str:
    """A rhythm, such as ``x..x ..x.``, without its spaces.

    Raises:
        ValueError: if it is none, or nothing is struck.
    """
    pattern = "".join(text.split())
    for step, character in enumerate(pattern, start=1):
        if character not in {HIT, REST}:
            raise ValueError(f"a rhythm is written with {HIT} and {REST}; sixteenth {step} is {character!r}")
    if HIT not in pattern:
        raise ValueError(f"a rhythm has a stroke, which is written {HIT}")
    return pattern


def parse_order(text: str) -> str:
    """An arpeggio's way through the chord: a name, or numbers such as ``1 3 2 4``.

    Raises:
        ValueError: if it is neither.
    """
    words = text.split()
    if text in ORDERS:
        return text
    numbers = [word for word in words if word != REST]
    if not numbers or not all(word.isdecimal() and 1 <= int(word) <= _MOST_NUMBER for word in numbers):
        named = ", ".join(ORDERS)
        raise ValueError(
            f"a pattern is {named}, or numbers of the chord's notes from the lowest, 1 to {_MOST_NUMBER}, and {REST} "
            f'for a rest, such as "1 3 2 4", not {text!r}'
        )
    return " ".join(words)


class RhythmSection(Section):
    """A rhythm of the voice's own, or that of a drum."""

    strokes: Annotated[str, AfterValidator(parse_rhythm)] = Field(
        default="", description="x (struck) and ., one a sixteenth, over and over.", examples=["x..x ..x."]
    )
    voice: Annotated[str, AfterValidator(plain_name)] = Field(
        default="", alias="from", description="A drum voice of the scene whose strokes these are.", examples=["drums"]
    )
    drum: Annotated[int, Written(str, parse_drum)] | None = Field(
        default=None, description="Which of its drums.", examples=["closed-hat"]
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """It is one of both, and a drum is named."""
        if bool(self.strokes) == bool(self.voice):
            yield (), "a rhythm has either 'strokes' of its own, or 'from' and 'drum'"
        elif bool(self.voice) != (self.drum is not None):
            yield (), "a rhythm that is taken from a voice names its 'drum'"


def rhythm_itself(rhythm: RhythmSection) -> RhythmSection:
    """A rhythm is read as it is."""
    return rhythm


class DensitySection(Section):
    """A density that moves over the bars."""

    start: float = Field(alias="from", ge=0, le=1, description="Density in the scene's first bar.", examples=[0.4])
    end: float = Field(alias="to", ge=0, le=1, description="Density after 'over' bars.", examples=[1.0])
    over: int = Field(default=64, ge=1, le=100_000, description="Bars that the way takes.")
    after: After = Field(default="back", description="Then: 'back' and forth for ever, or 'hold' the end.")

    def ramp(self) -> Temperature:
        """The value: it moves as temperatures do."""
        return Temperature(self.start, self.end, self.over, self.after)


class VoicesSection(Section):
    """A number of voices that moves over the bars."""

    start: int = Field(
        alias="from", ge=FEWEST_VOICES, le=MOST_VOICES, description="Voices in the scene's first bar.", examples=[3]
    )
    end: int = Field(
        alias="to", ge=FEWEST_VOICES, le=MOST_VOICES, description="Voices after 'over' bars.", examples=[6]
    )
    over: int = Field(default=64, ge=1, le=100_000, description="Bars that the way takes.")
    after: After = Field(default="back", description="Then: 'back' and forth for ever, or 'hold' the end.")

    def ramp(self) -> Temperature:
        """The value: it moves as temperatures do, and is rounded for each loop."""
        return Temperature(self.start, self.end, self.over, self.after)


class ChordTurns(Section):
    """How long the chance in a figure stays as it is."""

    hold: int = Field(
        default=4,
        ge=1,
        le=1000,
        description="For how many loops in a row chance stays as it is: a random arpeggio, how high voicings tend.",
    )

    @property
    def first(self) -> str:
        """With what a line begins."""
        return VOICE_CHORDS

    @property
    def operators(self) -> tuple[str, ...]:
        """How it goes on."""
        return (VOICE_CHORDS,)

    @property
    def programme(self) -> None:
        """It goes on as the harmony does."""
        return

    @property
    def times(self) -> int:
        """Each loop is made for the bars in which it sounds, as the next may have other chords."""
        return 1

    @property
    def longest(self) -> None:
        """Its chords go as the harmony does."""
        return

    @property
    def turns(self) -> int:
        """How many loops in a row have the same chance."""
        return self.hold

    @property
    def candidates(self) -> int:
        """There is one way."""
        return 1

    @property
    def novelty(self) -> tuple[float, float]:
        """The same chords may come again."""
        return (0.0, 1.0)

    @property
    def bands(self) -> None:
        """Chords follow the harmony, however often it comes."""
        return


@dataclass(frozen=True, slots=True)
class ChordSettings:
    """What the operator that voices chords is told."""

    style: ChordStyle
    voices: Temperature
    density: Temperature
    rootless: bool
    inversions: bool
    double: tuple[Doubling, ...]
    rhythm: RhythmSection | None
    order: str
    every: int
    gate: float
    strike: PadStrike

    def at(self, bar: int) -> dict[str, float | str]:
        """The settings of a loop that starts in scene bar ``bar``: those that its style reads."""
        told: dict[str, float | str] = {
            "style": self.style,
            "voices": round(self.voices(bar)),
            "density": round(self.density(bar), 4),
            "rootless": int(self.rootless),
            "inversions": int(self.inversions),
            "double": " ".join(self.double),
        }
        if self.style == "pad":
            return told | ({} if self.strike == "changed" else {"strike": self.strike})
        told["gate"] = self.gate
        if self.style == "arpeggio":
            told |= {"pattern": self.order, "every": self.every}
        if self.rhythm is not None and self.rhythm.drum is not None:
            told |= {"from": self.rhythm.voice, "drum": self.rhythm.drum}
        elif self.rhythm is not None:
            told["rhythm"] = self.rhythm.strokes
        return told
