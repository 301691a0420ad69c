"""Voices of kind ``chords``, as artists write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Written
from reverie.music.chord_figures import ChordStyle, Doubling, PadStrike
from reverie.music.harmony import pitch_name
from reverie.scenes.chords import (
    NARROWEST,
    ChordSettings,
    ChordTurns,
    DensitySection,
    RhythmSection,
    VoicesSection,
    parse_order,
    rhythm_itself,
)
from reverie.scenes.fields import OutputSection
from reverie.scenes.harmony import OwnChords, own_chords_itself
from reverie.scenes.listening import ListenSection
from reverie.scenes.primer import Primer
from reverie.scenes.temperature import Temperature
from reverie.scenes.timbre import VoiceTimbre
from reverie.scenes.voice_models import fitting_model, models_of
from reverie.scenes.voices import CommonVoice, Pitch, timbre_itself


class ChordVoice(CommonVoice[Literal["chords"]]):
    """The scene's chords, or its own, voiced and played; no model composes them."""

    model: Annotated[str, AfterValidator(fitting_model)] | None = Field(
        default=None, description="No model composes chords yet; leave it out.", json_schema_extra=models_of("chords")
    )
    output: OutputSection = Field(
        description="Where the notes go.", json_schema_extra={"not": {"required": ["drum_map"]}}
    )
    compass: Annotated[tuple[Pitch, Pitch], Field(strict=False)] = Field(
        alias="register",
        description="Lowest and highest pitch of the voicings, an octave and a fifth apart or more.",
        examples=[["C3", "C5"]],
    )
    chords: Annotated[OwnChords, Written(OwnChords, own_chords_itself, short=("chords",))] | None = Field(
        default=None,
        description=(
            "Chords of its own, over and over, in place of the scene's harmony: a text as of `harmony`, or a mapping "
            "{chords, every}."
        ),
        examples=["Dm9 | G13 | Cmaj7 x2"],
    )
    voices: Annotated[Temperature, Written(VoicesSection, VoicesSection.ramp, short=("from", "to"))] = Field(
        default_factory=lambda: Temperature(4, 4),
        description="How many notes a chord has, 3 to 6; or {from, to, over, after} to move over the bars.",
        examples=[4],
    )
    style: ChordStyle = Field(
        default="pad",
        description=(
            "How chords are played: 'pad' holds them, and strikes a note only where it changes; 'rhythm' strikes them "
            "to a `rhythm`; 'arpeggio' plays one note after the other; 'broken' plays the bass, then the rest."
        ),
    )
    strike: PadStrike = Field(
        default="changed",
        description=(
            "Which notes of a pad a new chord strikes: those that have 'changed', or 'all', for sounds that die away. "
            "A note that all chords have in common is else struck once and for all."
        ),
    )
    rhythm: Annotated[RhythmSection, Written(RhythmSection, rhythm_itself, short=("strokes",))] | None = Field(
        default=None,
        description=(
            "When the chord is struck, of every style but pads: x (struck) and ., one a sixteenth, over and over; or "
            "{from, drum}, the strokes of a drum. Absent: by the metre, and arpeggios as `every` says."
        ),
        examples=["x..x ..x."],
    )
    order: Annotated[str, AfterValidator(parse_order)] = Field(
        default="up",
        alias="pattern",
        description=(
            "An arpeggio's way: up, down, updown, random, or numbers of the chord's notes from the lowest, 1, with . "
            "for a rest; those beyond the highest begin again an octave higher."
        ),
        examples=["updown", "1 3 2 4"],
    )
    every: int = Field(default=2, ge=1, le=16, description="Sixteenths from one note of an arpeggio to the next.")
    gate: float = Field(
        default=1.0, ge=0.05, le=1, description="The share of the time up to the next stroke for which one sounds."
    )
    double: Annotated[tuple[Doubling, ...], Field(strict=False)] = Field(
        default=(), description="'bass' plays the chord's bass below the voicing, 'top' its highest note an octave up."
    )
    inversions: bool = Field(
        default=True, description="Whether another note of the chord than its bass may be the lowest."
    )
    rootless: bool | None = Field(
        default=None,
        description="Whether the root is left to another voice; absent: if a bass voice follows the same harmony.",
    )
    density: Annotated[Temperature, Written(DensitySection, DensitySection.ramp, short=("from", "to"))] = Field(
        default_factory=Temperature,
        description=(
            "How much is played, 0 to 1: the share of the strokes, and of a pad's notes; or {from, to, over, after} to "
            "move over the bars."
        ),
        examples=[0.7],
    )
    evolve: ChordTurns = Field(default_factory=ChordTurns, description="How long chance stays as it is.")
    timbre: Annotated[VoiceTimbre, Written(VoiceTimbre, timbre_itself, short=("bank",))] | None = Field(
        default=None,
        description="One of the scene's timbres, by name, or {bank, swap}; absent: the sounds of the slot.",
        examples=["creature"],
    )

    hints: ClassVar[Mapping[str, str]] = {
        "listen": "chords are the scene's; let the others listen to them, or take a rhythm {from, drum}; leave it out",
        "primer": "chords come from the scene's harmony and have no primer; leave it out",
        "temperature": "no model composes chords; leave it out, or say how much is played by 'density'",
        "strictness": "chords are the scene's harmony itself; leave it out",
        "harmony": "chords are the scene's harmony and always follow it; leave it out, or write 'chords' for others",
    }

    @property
    def strictness(self) -> None:
        """It is the harmony itself."""
        return

    @property
    def listen(self) -> tuple[ListenSection, ...]:
        """It hears no more of others than the rhythm that it takes from one."""
        return ()

    @property
    def harmony(self) -> Literal["follow"]:
        """It plays nothing else."""
        return "follow"

    @property
    def own_chords(self) -> OwnChords | None:
        """Its chords, where they are not the scene's."""
        return self.chords

    @property
    def temperature(self) -> Temperature:
        """No model is bold or shy."""
        return Temperature()

    @property
    def opens_with(self) -> str:
        """The operator with which its line begins."""
        return self.evolve.first

    @property
    def primer(self) -> Primer:
        """It has none."""
        return Primer()

    @property
    def primer_steps(self) -> int:
        """It has none."""
        return 0

    @property
    def low(self) -> int:
        """Lowest pitch, without doublings."""
        return self.compass[0]

    @property
    def high(self) -> int:
        """Highest pitch, without doublings."""
        return self.compass[1]

    @property
    def least(self) -> float:
        """Fewest notes a bar: a chord may be held for hours."""
        return 0.0

    @property
    def most(self) -> float:
        """Most notes a bar, about: of a pad all change twice, and what is struck may be struck on every eighth."""
        notes = max(self.voices.start, self.voices.end) + len(self.double)
        return {"pad": 2.0 * notes, "arpeggio": 16.0 / self.every}.get(self.style, 8.0 * notes)

    @property
    def taken_from(self) -> str:
        """The voice whose drum gives the rhythm; empty if none does."""
        return self.rhythm.voice if self.rhythm else ""

    @property
    def rhythm_drum(self) -> int | None:
        """Its drum that does."""
        return self.rhythm.drum if self.rhythm else None

    def settings(self, *, with_bass: bool) -> ChordSettings:
        """What the operator that voices chords is told; ``with_bass``, if a bass voice follows the scene's harmony."""
        without_root = with_bass and self.chords is None
        return ChordSettings(
            style=self.style,
            voices=self.voices,
            density=self.density,
            rootless=without_root if self.rootless is None else self.rootless,
            inversions=self.inversions,
            double=self.double,
            rhythm=self.rhythm,
            order=self.order,
            every=self.every,
            gate=self.gate,
            strike=self.strike,
        )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """The register has room for the voices, and the style has a use for what is said of it."""
        yield from super().misfits()
        if self.output.drum_map:
            yield ("output", "drum_map"), "only voices of kind 'drums' have a drum_map"
        low, high = pitch_name(self.low), pitch_name(self.high)
        if self.low > self.high:
            yield ("register",), f"a register is the lowest pitch and the highest, not [{low}, {high}]"
        elif self.high - self.low < NARROWEST:
            yield (
                ("register",),
                f"a register of chords is {NARROWEST} semitones wide or more; {low} to {high} is narrower",
            )
        if self.style == "rhythm" and self.rhythm is None:
            yield ("style",), "the style 'rhythm' needs a `rhythm`, such as \"x..x ..x.\" or {from: drums, drum: snare}"
        if self.style == "pad" and self.rhythm is not None:
            yield ("rhythm",), "a pad is held and has no rhythm; leave it out, or choose the style 'rhythm'"
