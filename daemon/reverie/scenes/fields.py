"""The parts of a scene that are mappings of their own: tempo, temperature, schedule, evolution, output."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema

from reverie.documents import Facts, Keys, Section, Written, did_you_mean
from reverie.documents.instrument_fields import DRUM_KEYS, ByDrum, Program
from reverie.music.notes import MAX_MIDI
from reverie.music.time import Schedule, Swing, Tempo
from reverie.scenes.evolve_steps import EvolveProgramme, EvolveStep, StepSection
from reverie.scenes.latent_section import InterpolateSection, WalkSection
from reverie.scenes.novelty_wish import NoveltySection, NoveltyWish
from reverie.scenes.operators import NAMED
from reverie.scenes.temperature import After, Temperature
from reverie.scenes.voice_font import WrittenFont

SLOWEST, FASTEST = 20, 300
_SPAN = re.compile(r"\s*([0-9]{1,6})\s*-\s*([0-9]{1,6})\s*")


def known(what: str, name: str, info: ValidationInfo) -> str:
    """Refuse a ``name`` that is not among the ``what``s that exist, where the caller knows them.

    Raises:
        ValueError: if there is none of that name.
    """
    names = Facts.get(info, f"{what}s")
    if names is not None and name not in names:
        raise ValueError(f"there is no {what} {name!r}{did_you_mean(name, names)}")
    return name


def _known_slot(name: str, info: ValidationInfo) -> str:
    return known("slot", name, info)


class TempoSection(Section):
    """A tempo that swings slowly about its middle."""

    qpm: float = Field(ge=SLOWEST, le=FASTEST, description="Quarter notes a minute.", examples=[84])
    drift: float = Field(
        default=0.0, ge=0, description="How far the tempo swings, in quarter notes a minute either way."
    )
    over: int = Field(default=64, ge=2, le=10_000, description="Bars that one swing there and back takes.")

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """With its drift, too, the tempo keeps its range."""
        if not self.qpm - self.drift >= SLOWEST or not self.qpm + self.drift <= FASTEST:
            swing = f"{self.qpm - self.drift:g} to {self.qpm + self.drift:g}"
            yield ("drift",), f"a tempo is {SLOWEST} to {FASTEST}; with this drift it would swing from {swing}"

    def tempo(self) -> Tempo:
        """The value."""
        return Tempo(self.qpm, self.drift, self.over)


class SwingSection(Section):
    """How unevenly each pair of steps is played."""

    share: float = Field(
        ge=0.5,
        le=0.75,
        description="The part of each pair that its first step takes: 0.5 is even, 0.67 a triplet's feel.",
        examples=[0.58],
    )
    of: Literal[8, 16] = Field(default=16, description="What swings: 16, sixteenths, or 8, eighths.")

    def swing(self) -> Swing:
        """The value."""
        return Swing(self.share, self.of)


class TemperatureSection(Section):
    """A temperature that moves over the bars."""

    start: float = Field(
        alias="from", ge=0.1, le=3, description="Temperature in the scene's first bar.", examples=[0.8]
    )
    end: float = Field(alias="to", ge=0.1, le=3, description="Temperature after 'over' bars.", examples=[1.2])
    over: int = Field(default=64, ge=1, le=100_000, description="Bars that the way takes.")
    after: After = Field(default="back", description="Then: 'back' and forth for ever, or 'hold' the end.")

    def temperature(self) -> Temperature:
        """The value."""
        return Temperature(self.start, self.end, self.over, self.after)


def _span(written: Any) -> tuple[int, int]:
    if isinstance(written, int) and not isinstance(written, bool):
        return written, written
    if isinstance(written, str) and (match := _SPAN.fullmatch(written)):
        first, last = int(match[1]), int(match[2])
        if first <= last:
            return first, last
        raise ValueError(f"the passage {written!r} ends before it begins")
    raise ValueError(f'bars are written like 13 or "1-8", not {written!r}')


class ScheduleSection(Section):
    """The bars of a cycle in which a voice plays."""

    every: int = Field(ge=1, le=10_000, description="Length of the cycle in bars.", examples=[16])
    bars: Annotated[
        tuple[
            Annotated[
                tuple[int, int],
                BeforeValidator(_span),
                WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": _SPAN.pattern}]}),
            ],
            ...,
        ],
        Field(strict=False),
    ] = Field(
        min_length=1, description='Bars in which the voice plays, from 1, such as ["1-8", 13].', examples=[["1-8"]]
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Every passage lies in the cycle."""
        for number, (first, last) in enumerate(self.bars):
            if first < 1 or last > self.every:
                yield ("bars", number), f"bars are 1 to {self.every}, the length of the cycle ('every')"

    def schedule(self) -> Schedule:
        """The value."""
        return Schedule(self.every, self.bars)


Step = Annotated[str | EvolveStep, Written(StepSection, StepSection.step, short=("do",))]


class Evolve(Section):
    """How a voice's loop changes: each is played ``hold`` times, then the next operator makes another."""

    hold: int = Field(default=4, ge=1, le=1000, description="How many times each loop is played.")
    then: Annotated[tuple[Step, ...], Field(strict=False)] = Field(
        default=("continue",),
        min_length=1,
        description=(
            "What comes then, one after the other and over again: operators, or mappings of one with `do`. "
            + " ".join(f"`{name}`: {traits.sentence}" for name, traits in NAMED.items())
        ),
    )
    order: Literal["in-turn", "drawn"] = Field(
        default="in-turn",
        description="Whether what comes then comes `in-turn`, or each step is `drawn` by its weight.",
    )
    candidates: int = Field(
        default=8, ge=1, le=64, description="How many loops are composed at a time, of which the best is kept."
    )
    wish: Annotated[NoveltyWish, Written(NoveltySection, NoveltySection.novelty, short=("last",))] = Field(
        alias="novelty",
        default_factory=NoveltyWish,
        description=(
            "How much of a loop should differ from the one before, least and most: 0 is the same again, 1 has not a "
            "note in common; absent: [0.1, 0.95]. With 'hour' or 'week', bands that hold: {last, hour, week}."
        ),
        examples=[[0.1, 0.95]],
    )

    first: Literal["reset", "written"] = Field(
        default="reset",
        description="How the voice begins: 'reset', the model goes on from the primer, or 'written', with the primer.",
    )

    groove: str = Field(
        default="humanize", description="The GrooVAE that plays the operator `groove`: the name of a model."
    )
    drumify: str = Field(
        default="tap2drum", description="The GrooVAE that plays the operator `drumify`: the name of a model."
    )

    interpolate: InterpolateSection = Field(
        default_factory=InterpolateSection, description="Where the operator `interpolate` leads."
    )
    walk: WalkSection = Field(default_factory=WalkSection, description="Between which places the operator `walk` goes.")

    longest: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description=(
            "For how many bars in a row the voice may play the very same; then it varies it. Absent: as long as a loop "
            "is held, in a scene with a form; else there is no limit."
        ),
        examples=[16],
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Weights have something to weigh, and operators that are described are named."""
        for name in ("groove", "drumify", "interpolate", "walk"):
            if name in self.model_fields_set and name not in self.operators:
                yield (name,), f"{name!r} is about the operator of that name, which 'then' does not have; leave it out"
        if self.order == "in-turn":
            for number, step in enumerate(self.then):
                if not isinstance(step, str) and step.weight > 1:
                    yield (
                        ("then", number, "weight"),
                        "steps in turn have no weight; leave it out, or say 'order: drawn'",
                    )

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators of all steps."""
        return tuple(step if isinstance(step, str) else step.operator for step in self.then)

    @property
    def programme(self) -> EvolveProgramme | None:
        """The steps with all that is said of them; None where they are operators in turn."""
        steps = tuple(EvolveStep(step) if isinstance(step, str) else step for step in self.then)
        programme = EvolveProgramme(steps, self.order == "drawn")
        return None if programme.is_plain else programme

    @property
    def times(self) -> int:
        """How often a loop is played before another is made."""
        return self.hold

    @property
    def turns(self) -> int:
        """How many loops in a row have the same chance."""
        return 1

    @property
    def novelty(self) -> tuple[float, float]:
        """How much of a loop should differ from the one before."""
        return self.wish.last

    @property
    def bands(self) -> tuple[tuple[float, float], ...] | None:
        """The bands that hold beside the last loop, those of an hour, and those of a week."""
        return (self.wish.last, self.wish.hour, self.wish.week) if self.wish.holds else None


class OutputSection(Section):
    """Where a voice's notes go."""

    slot: Annotated[str, AfterValidator(_known_slot)] = Field(
        default="main", description="A slot of the site's configuration."
    )
    channel: int = Field(ge=1, le=16, description="The MIDI channel, 1 to 16; drums of General MIDI are on 10.")
    program: Program | None = Field(
        default=None,
        description=(
            "Program (sound): its number from 0, or its name in General MIDI, such as vibraphone; absent: the synth is "
            "left as it is."
        ),
        examples=[11, "vibraphone"],
    )
    soundfont: WrittenFont | None = Field(
        default=None,
        description=(
            "A SoundFont file for this voice alone, of a slot of kind fluidsynth: named from the scene's folder; "
            "absent: the slot's."
        ),
        examples=["choir.sf2"],
    )
    velocity: Annotated[tuple[int, int], Field(strict=False)] = Field(
        default=(70, 110), description="Softest and loudest velocity, 1 to 127.", examples=[[70, 110]]
    )
    level: float | None = Field(
        default=None,
        ge=-60,
        le=4,
        description=(
            "How loud the channel is, in decibels: 0 as synthesizers begin, -6 half, 4 at most (controller 7); absent: "
            "left alone."
        ),
        examples=[-6],
    )
    pan: float | None = Field(
        default=None,
        ge=-100,
        le=100,
        description="Place, -100 (left) to 100 (right), 0 in the middle (controller 10); absent: left alone.",
        examples=[-20],
    )
    reverb: float | None = Field(
        default=None,
        ge=0,
        le=100,
        description="How much goes into the reverb, 0 to 100 (controller 91); absent: left alone.",
        examples=[40],
    )
    chorus: float | None = Field(
        default=None,
        ge=0,
        le=100,
        description="How much goes into the chorus, 0 to 100 (controller 93); absent: left alone.",
        examples=[30],
    )
    drum_map: ByDrum[Annotated[int, Field(ge=0, le=MAX_MIDI)]] = Field(
        default_factory=dict[int, int],
        description="Of drums only: MIDI number by drum, where the synth's differs from General MIDI's.",
        json_schema_extra=DRUM_KEYS,
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Velocities are MIDI's, and in order."""
        low, high = self.velocity
        if not 1 <= low <= high <= MAX_MIDI:
            yield ("velocity",), f"velocities are 1 to {MAX_MIDI}, the softest first, not [{low}, {high}]"
