"""Voices of kind ``performance``, as artists write them: a player, in free time, with dynamics, by a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from reverie.documents import Section, Written
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.fields import Evolve
from reverie.scenes.pattern import WrittenSettings, settings_of
from reverie.scenes.temperature import After, Temperature
from reverie.scenes.voice_models import fitting_model, models_of
from reverie.scenes.voices import MODEL, PitchedVoice

MOST_AT_ONCE = VOICE_KINDS["performance"].polyphony
_MOST_A_SECOND = 64
Favoured = Literal["chord", "scale", "free"]


class NotesSection(Section):
    """Notes a second that move over the bars."""

    start: float = Field(alias="from", ge=0, le=_MOST_A_SECOND, description="In the scene's first bar.", examples=[2])
    end: float = Field(alias="to", ge=0, le=_MOST_A_SECOND, description="After 'over' bars.", examples=[10])
    over: int = Field(default=64, ge=1, le=100_000, description="Bars that the way takes.")
    after: After = Field(default="back", description="Then: 'back' and forth for ever, or 'hold' the end.")

    def ramp(self) -> Temperature:
        """The value: it moves as temperatures do."""
        return Temperature(self.start, self.end, self.over, self.after)


@dataclass(frozen=True, slots=True)
class PerformanceSettings:
    """What a performance is told: notes a second, if that is said, what favours pitch classes, and the pedal."""

    notes: Temperature | None = None
    pitches: Favoured = "chord"
    pedal: bool = False
    written: WrittenSettings | None = None

    def at(self, bar: int) -> Mapping[str, float | str]:
        """What a loop is told that starts in scene bar ``bar``."""
        told: dict[str, float | str] = self.written.at(bar) if self.written else {}
        notes: dict[str, float | str] = {} if self.notes is None else {"notes": round(float(self.notes.at(bar)), 2)}
        pedal: dict[str, float | str] = {"pedal": 1.0} if self.pedal else {}
        return told | notes | {"pitches": self.pitches} | pedal


class PerformanceVoice(PitchedVoice[Literal["performance"]]):
    """A player in free time, with dynamics."""

    model: Annotated[str, AfterValidator(fitting_model)] = Field(
        description=MODEL, json_schema_extra=models_of("performance")
    )
    bars: int = Field(default=4, ge=1, le=16, description="Length of a loop in bars.")
    evolve: Evolve = Field(
        default_factory=lambda: Evolve(hold=1, candidates=4),
        description="How the loop changes; absent: each is played once, and the next goes on from it.",
    )
    density: Annotated[tuple[float, float], Field(strict=False)] = Field(
        default=(0.5, 96.0),
        description="Least and most notes a bar, on average; with a least of 1 or more no bar is empty.",
        examples=[[2, 32]],
    )
    voices: int = Field(
        default=10, ge=1, le=MOST_AT_ONCE, description=f"How many notes sound at a time, at most; 1 to {MOST_AT_ONCE}."
    )
    notes: Annotated[Temperature, Written(NotesSection, NotesSection.ramp, short=("from", "to"))] | None = Field(
        default=None,
        description=(
            "Of models that are told how dense they play: notes a second; or {from, to, over, after} to move over the "
            "bars. Absent: 6."
        ),
        examples=[4, {"from": 2, "to": 10, "over": 64}],
    )
    pitches: Favoured = Field(
        default="chord",
        description=(
            "Of models that are told which pitch classes they favour: those of the 'chord' that sounds, or of the "
            "scene's 'scale', or none ('free')."
        ),
    )
    pedal: bool = Field(
        default=False,
        description=(
            "Whether the player holds the pedal down from chord to chord: tones of the chord ring on until it changes, "
            "or without a harmony to the end of the bar; no more than 'voices' at a time."
        ),
    )

    hints: ClassVar[Mapping[str, str]] = {
        "beat": "a performance is in free time; leave it out",
        "note_density": "notes a second are written 'notes'",
        "histogram": "which pitch classes are favoured is written 'pitches'",
        "line": "only a voice of kind 'polyphony' has a line; leave it out",
        "polyphony": "how many notes sound at a time is written 'voices'",
    }

    @property
    def at_once(self) -> int:
        """How many notes it may have at a time."""
        return self.voices

    def settings(self, *, with_bass: bool) -> PerformanceSettings:
        """What its engine is told."""
        del with_bass
        return PerformanceSettings(
            self.notes, self.pitches, self.pedal, settings_of(self.written) if self.written else None
        )
