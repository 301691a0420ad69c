"""The form of a scene as artists write it: sections, curves over section, hour and day, and cycles of voices."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from reverie.documents import Keys, Section, Written, did_you_mean
from reverie.music.durations import parse_time_of_day
from reverie.music.time import Tempo
from reverie.scenes.fields import FASTEST, SLOWEST
from reverie.scenes.form_chapters import ChapterSettings
from reverie.scenes.form_fields import (
    AT_MOST,
    DENSITY,
    LEAST_FACTOR,
    LOUDNESS,
    MOST_FACTOR,
    MOST_POINTS,
    PACE,
    REGISTER,
    TEMPERATURE,
    TEMPO_FACTORS,
    Counts,
    DynamicFactors,
    Factors,
    Lengths,
    Semitones,
    TempoFactors,
    is_number,
    list_of,
)
from reverie.scenes.form_points import TIMBRE_POINTS, Point, TimbrePoints
from reverie.scenes.harmony import Span
from reverie.scenes.timbre import Name

MOST_SECTIONS = 32
ANEW = "anew"
"""In place of the name of a section of the harmony: all of it, from its beginning."""
_MINUTES, _DAY = 60.0, 24 * 3600.0

SectionEnd = Literal["none", "fill", "break"]


def _ends(written: Any) -> Any:
    return [written] if isinstance(written, str) else written


def _rests(written: Any) -> Any:
    if not is_number(written):
        return written
    if not 0 <= written < 1:
        raise ValueError(f"a share of the phrases is 0 or more and below 1, such as 0.2, not {written}")
    return {EVERY_VOICE: float(written)}


def _minute(written: str) -> float:
    """A minute of the hour, as a share of it."""
    try:
        minute = float(written)
    except ValueError:
        minute = -1.0
    if not 0 <= minute < _MINUTES:
        raise ValueError(f"a minute of the hour is 0 to 59, not {written!r}")
    return minute / _MINUTES


def _time_of_day(written: str) -> float:
    """A time of day, as a share of the day."""
    return parse_time_of_day(written) / _DAY


EVERY_VOICE = ""
"""In place of a voice's name: all that are not named."""
_Share = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
Rests = Annotated[
    dict[str, Annotated[float, Field(ge=0, lt=1)]],
    BeforeValidator(_rests),
    WithJsonSchema({"anyOf": [_Share, {"type": "object", "additionalProperties": _Share}]}),
]
_RESTS = "Share of the phrases for which each voice rests, drawn phrase by phrase; or a mapping by voice"
Minute = Annotated[float, Written(str, _minute)]
TimeOfDay = Annotated[float, Written(str, _time_of_day)]
Factor = Annotated[float, Field(ge=LEAST_FACTOR, le=MOST_FACTOR)]
PlaceT = TypeVar("PlaceT", bound=float)


class FormSectionSettings(Section):
    """A part of the scene: how long it lasts, who sounds in it, and what it is like."""

    name: Name = Field(description="Its name, for `next`, the status and markers.", examples=["night"])
    bars: Lengths = Field(
        description="Its length in bars, or several lengths of which one is drawn each time.", examples=[[16, 24, 28]]
    )
    voices: Annotated[tuple[str, ...], Field(strict=False)] | None = Field(
        default=None,
        description=(
            "The voices that sound, in the order in which they come in; those that stand last go first. Absent: all "
            "that `maybe` does not name, as the scene has them."
        ),
        examples=[["dawn", "bass", "drums"]],
    )
    maybe: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(
        default_factory=dict[str, float],
        description="Voices that come by chance, each with the share of the times in which it does.",
        examples=[{"bell": 0.4}],
    )
    enter: int | None = Field(
        default=None,
        ge=0,
        le=64,
        description="Bars between the entries of those who come in; 0: together. Absent: together, but in the first.",
    )
    leave: int = Field(
        default=0, ge=0, le=64, description="Bars between the exits of those whom the next section does not have."
    )
    next: dict[str, Annotated[float, Field(ge=0, le=1000)]] | None = Field(
        default=None,
        description="Where the order is drawn: what may follow, with its weight. Absent: any other, all alike.",
        examples=[{"day": 1, "night": 2}],
    )
    harmony: Name | None = Field(
        default=None,
        description=(
            f"The section of the scene's harmony that is played, from its beginning on, over and over; `{ANEW}`: "
            "all of the harmony, from its beginning on. Absent: the harmony goes its own way."
        ),
        examples=["bridge"],
    )
    every: Span | None = Field(
        default=None,
        description="How long a written bar of the harmony lasts here: bars, or a time. Absent: as the harmony says.",
    )
    rests: Rests | None = Field(
        default=None, description=f"{_RESTS}. Absent: as the form says.", examples=[0.2, {"drums": 0.3}]
    )
    density: Factors = Field(
        default_factory=tuple, description=f"{DENSITY}; a list goes from the beginning to the end."
    )
    shift: Semitones = Field(default_factory=tuple, alias="register", description=f"{REGISTER}; or a list.")
    temperature: Factors = Field(default_factory=tuple, description=f"{TEMPERATURE}; or a list.")
    dynamics: DynamicFactors = Field(default_factory=tuple, description=f"{LOUDNESS}; or a list.")
    tempo: TempoFactors = Field(default_factory=tuple, description=f"{PACE}; or a list.")
    at_most: Counts = Field(default_factory=tuple, description=f"{AT_MOST}; or a list.")
    timbre: TimbrePoints = Field(
        default_factory=dict[str, Point], description=f"{TIMBRE_POINTS}.", examples=[{"creature": 0.9}]
    )
    ends: Annotated[
        tuple[SectionEnd, ...],
        BeforeValidator(_ends),
        Field(strict=False, min_length=1, max_length=MOST_POINTS),
        list_of({"enum": ["none", "fill", "break"]}),
    ] = Field(
        default=("none",),
        description=(
            "How it ends: `fill`, the drums lead on in the last bar; `break`, one voice alone in the last bar or two; "
            "or several, of which one is drawn each time."
        ),
    )
    opens: Literal["return", "continue", "reset", "mutate"] = Field(
        default="return",
        description=(
            "With what voices begin it: `return`, with what they played when it came last, varied now and then; or "
            "with that operator of their evolution."
        ),
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Somebody sounds, and nobody is named twice."""
        if self.voices is not None:
            if not self.voices:
                yield ("voices",), f"the section {self.name!r} leaves every voice out; name one, or leave 'voices' out"
            for number, name in enumerate(self.voices):
                if name in self.voices[:number]:
                    yield ("voices", number), f"the voice {name!r} is named twice"
                if name in self.maybe:
                    yield ("maybe", name), f"the voice {name!r} is always there by 'voices'; leave one of both out"


class CurvesOverTime(Section, Generic[PlaceT]):
    """What changes over time: values at some places, straight lines between them, and over the end to the first."""

    density: dict[PlaceT, Factor] = Field(default_factory=dict[PlaceT, float], description=f"{DENSITY}.")
    shift: dict[PlaceT, Annotated[float, Field(ge=-36, le=36)]] = Field(
        default_factory=dict[PlaceT, float], alias="register", description=f"{REGISTER}."
    )
    temperature: dict[PlaceT, Factor] = Field(default_factory=dict[PlaceT, float], description=f"{TEMPERATURE}.")
    dynamics: dict[PlaceT, Annotated[float, Field(ge=0.1, le=1.5)]] = Field(
        default_factory=dict[PlaceT, float], description=f"{LOUDNESS}."
    )
    tempo: dict[PlaceT, Annotated[float, Field(ge=0.5, le=2)]] = Field(
        default_factory=dict[PlaceT, float], description=f"{PACE}."
    )
    at_most: dict[PlaceT, Annotated[float, Field(ge=1, le=16)]] = Field(
        default_factory=dict[PlaceT, float], description=f"{AT_MOST}."
    )


class HourCurves(CurvesOverTime[Minute]):
    """What changes over each hour of the scene, by its minutes."""

    chords: dict[Minute, Annotated[float, Field(ge=0.25, le=8)]] = Field(
        default_factory=dict[float, float],
        description="Factor of how long a written bar of the harmony lasts, in whole bars. It changes with sections.",
    )


class DayCurves(CurvesOverTime[TimeOfDay]):
    """What changes over the day, by the clock of the place, such as "06:00"."""


class FormSettings(Section):
    """How a scene goes on: its sections, and what changes over hour and day."""

    order: Literal["written", "drawn"] = Field(
        default="written",
        description="How sections follow: as written, over and over, or drawn by the weights of `next`.",
    )
    sections: Annotated[tuple[FormSectionSettings, ...], Field(strict=False)] = Field(
        default=(), max_length=MOST_SECTIONS, description="The sections; the first of them begins the scene."
    )
    chapters: Annotated[tuple[ChapterSettings, ...], Field(strict=False)] = Field(
        default=(),
        max_length=MOST_SECTIONS,
        description="Stretches of many sections, each with some of them; the first begins the scene. Absent: none.",
    )
    opening: int = Field(
        default=4,
        ge=0,
        le=64,
        description="Bars between the entries of the voices when the scene begins; 0: all together.",
    )
    phrase: int = Field(
        default=4, ge=1, le=64, description="Bars of a phrase, at whose beginnings `at_most` and rests change."
    )
    rests: Rests = Field(
        default_factory=dict[str, float],
        description=f"{_RESTS}. Not for a section's first, nor for one with a fill, and never all voices.",
        examples=[0.2],
    )
    hour: HourCurves = Field(default_factory=HourCurves, description="What changes over each hour of the scene.")
    day: DayCurves = Field(default_factory=DayCurves, description="What changes over the day.")

    hints: ClassVar[Mapping[str, str]] = {"next": "what follows a section is written in the section"}

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """From every section a way leads on, to sections that there are."""
        names = [one.name for one in self.sections]
        for number, one in enumerate(self.sections):
            way: Keys = ("sections", number)
            if one.name in names[:number]:
                yield (*way, "name"), f"there is a section {one.name!r} already; each has a name of its own"
            if one.next is None:
                continue
            if self.order == "written":
                yield (*way, "next"), "sections follow as written; leave 'next' out, or write 'order: drawn'"
                continue
            for name in one.next:
                if name not in names:
                    yield (*way, "next", name), f"there is no section {name!r}{did_you_mean(name, names)}"
            if not any(one.next.values()):
                yield (*way, "next"), f"no way leads on from the section {one.name!r}; give one a weight above 0"
        if self.hour.chords and not self.sections:
            yield ("hour", "chords"), "how long chords last changes with sections, and there are none; write some"
        yield from self._chapter_misfits(names)
        led_to = {name for one in self.sections for name in one.next or ()}
        led_to |= {name for one in self.chapters for name in one.sections}
        for number in self._never_reached() if led_to <= {*names} else ():  # a slip in a name is told, not what it bars
            yield ("sections", number, "name"), f"no way leads to the section {names[number]!r}; it would never come"

    def ways(self, number: int) -> Mapping[int, float]:
        """What may follow a section, with its weight."""
        one, count = self.sections[number], len(self.sections)
        if self.order == "written":
            return {(number + 1) % count: 1.0}
        if one.next is None:
            return {other: 1.0 for other in range(count) if other != number} or {number: 1.0}
        numbers = {section.name: place for place, section in enumerate(self.sections)}
        return {numbers[name]: weight for name, weight in one.next.items() if name in numbers and weight > 0}

    def chapter_ways(self, number: int) -> Mapping[int, float]:
        """What may follow a chapter, with its weight."""
        one, count = self.chapters[number], len(self.chapters)
        if one.next is None:
            return {(number + 1) % count: 1.0}
        numbers = {chapter.name: place for place, chapter in enumerate(self.chapters)}
        return {numbers[name]: weight for name, weight in one.next.items() if name in numbers and weight > 0}

    def _chapter_misfits(self, sections: Collection[str]) -> Iterator[tuple[Keys, str]]:
        """Chapters have sections that there are, and lead on."""
        names = [one.name for one in self.chapters]
        for number, one in enumerate(self.chapters):
            way: Keys = ("chapters", number)
            if one.name in names[:number]:
                yield (*way, "name"), f"there is a chapter {one.name!r} already; each has a name of its own"
            for place, name in enumerate(one.sections):
                if name not in sections:
                    yield (*way, "sections", place), f"there is no section {name!r}{did_you_mean(name, sections)}"
            for name in one.next or ():
                if name not in names:
                    yield (*way, "next", name), f"there is no chapter {name!r}{did_you_mean(name, names)}"
            if one.next is not None and not any(one.next.values()):
                yield (*way, "next"), f"no way leads on from the chapter {one.name!r}; give one a weight above 0"

    def _never_reached(self) -> list[int]:
        if self.chapters:
            inside = {name for one in self.chapters for name in one.sections}
            return [number for number, one in enumerate(self.sections) if one.name not in inside]
        reached, waiting = {0}, [0] if self.sections else []
        while waiting:
            for number in self.ways(waiting.pop()):
                if number not in reached:
                    reached.add(number)
                    waiting.append(number)
        return [number for number in range(len(self.sections)) if number not in reached]

    def too_far(self, tempo: Tempo) -> Iterator[tuple[Keys, str]]:
        """With what sections, hour and day make of it, the tempo keeps its range."""
        least, most = 1.0, 1.0
        sections = [factor for one in self.sections for factor in one.tempo]
        for factors in (sections, [*self.hour.tempo.values()], [*self.day.tempo.values()]):
            least, most = least * min([1.0, *factors]), most * max([1.0, *factors])
        low = (tempo.qpm - tempo.drift_qpm) * max(least, TEMPO_FACTORS[0])
        high = (tempo.qpm + tempo.drift_qpm) * min(most, TEMPO_FACTORS[1])
        if low < SLOWEST or high > FASTEST:
            sentence = f"a tempo is {SLOWEST} to {FASTEST}; with the factors of the form it could be from"
            yield (), f"{sentence} {low:.3g} to {high:.3g}"

    def unknown(self, voices: Collection[str], harmonies: Collection[str] | None) -> Iterator[tuple[Keys, str]]:
        """Names that the scene does not have.

        Args:
            voices: the names of its voices.
            harmonies: the names of its harmony's sections; None if it has no harmony.
        """
        if harmonies is None and self.hour.chords:
            yield ("hour", "chords"), "the scene has no harmony; write one, or leave this out"
        for keys, name in self._named():
            if name not in voices:
                yield keys, f"there is no voice {name!r}{did_you_mean(name, voices)}"
        for number, one in enumerate(self.sections):
            way: Keys = ("sections", number)
            if one.voices is None and {*one.maybe} >= {*voices}:
                yield (*way, "maybe"), f"the section {one.name!r} may be without any voice; leave one out of 'maybe'"
            if harmonies is None:
                for key in ("harmony", "every"):
                    if getattr(one, key) is not None:
                        yield (*way, key), "the scene has no harmony; write one, or leave this out"
            elif one.harmony not in {None, ANEW, *harmonies}:
                near = did_you_mean(str(one.harmony), harmonies)
                yield (*way, "harmony"), f"the harmony has no section {one.harmony!r}{near}"

    def _named(self) -> Iterator[tuple[Keys, str]]:
        """All names of voices, and where they stand."""
        yield from ((("rests", name), name) for name in self.rests if name != EVERY_VOICE)
        for number, one in enumerate(self.sections):
            way: Keys = ("sections", number)
            yield from (((*way, "voices", place), name) for place, name in enumerate(one.voices or ()))
            yield from (((*way, "maybe", name), name) for name in one.maybe)
            yield from (((*way, "rests", name), name) for name in one.rests or () if name != EVERY_VOICE)


class CycleSection(Section):
    """How a voice comes and goes by itself: so many bars of sound, so many of silence, over and over."""

    on: Lengths = Field(description="Bars for which it sounds, or several of which one is drawn.", examples=[[3, 5]])
    off: Lengths = Field(
        description="Bars for which it is silent, or several of which one is drawn.", examples=[[2, 7]]
    )
    after: int = Field(default=0, ge=0, le=10_000, description="Bars of silence before the cycle begins.")
