"""The timbres of a scene: sounds, a path between them, and how fast it is gone; and the bank that a voice plays."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, PlainSerializer, ValidationInfo

from reverie.documents import ByKind, Keys, Section, Written, did_you_mean
from reverie.music.durations import parse_duration
from reverie.music.harmony import pitch_name
from reverie.music.notes import MAX_MIDI
from reverie.scenes.fields import known
from reverie.scenes.timbre_sources import Pitch, SourceSection

LONGEST_NOTE = 12.0
"""Seconds of the longest note that a bank may hold, and so of a source that can ever be heard."""
KIT_SECONDS = 1.5
"""Of each drum of a kit whose length the scene leaves out."""
LONGEST_BANK = 600.0
"""Seconds of all notes of a bank together: on a small machine a night's work already."""
CORNERS = 4
FEWEST_SOURCES, MOST_SOURCES = 2, 16
MOST_VARIATIONS = 8

Swap = Literal["cut", "crossfade"]
Walk = Literal["rows", "round", "random"]

_WITHOUT_LATENTS = {"nsynth", "signals"}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_SHORTEST_PACE, _LONGEST_PACE = 60.0, 7 * 24 * 3600.0


def plain_name(name: str) -> str:
    """A name for files, MIDI and OSC alike.

    Raises:
        ValueError: if it has more than small letters, digits, ``-`` and ``_``.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"a name has small letters a to z, digits, - and _ only, not {name!r}")
    return name


Name = Annotated[str, AfterValidator(plain_name)]


def _duration(written: str) -> float:
    seconds = parse_duration(written)
    if not _SHORTEST_PACE <= seconds <= _LONGEST_PACE:
        raise ValueError(f"a step takes 1 min to 168 h (a week), not {written}")
    return seconds


def _time_of_day(written: str) -> dt.time:
    match = _TIME.fullmatch(written)
    if not match:
        raise ValueError(f"a time of day is written like 20:00, from 00:00 to 23:59, not {written!r}")
    return dt.time(int(match[1]), int(match[2]))


TimeOfDay = Annotated[dt.time, Written(str, _time_of_day), PlainSerializer(str, return_type=str, when_used="json")]


def _timbre_model(name: str, info: ValidationInfo) -> str:
    return known("timbre model", name, info)


def _itself(source: SourceSection) -> SourceSection:
    return source


class _Through(Section):
    """What the paths along a line have in common."""

    through: Annotated[tuple[str, ...], Field(strict=False)] | None = Field(
        default=None, min_length=2, description="Sources in the order of the way; absent: all, as they are written."
    )
    steps: int = Field(default=24, ge=2, le=10_000, description="Points from the first source to the last, with both.")
    spherical: bool = Field(
        default=False, description="Whether to go along a sphere, which keeps the size of codes, not straight."
    )


class LinePath(_Through):
    """From the first source to the last, and there it stays."""

    kind: Literal["line"] = Field(description="The kind of path.")


class ThereAndBackPath(_Through):
    """From the first source to the last and back again, for ever."""

    kind: Literal["there_and_back"] = Field(description="The kind of path.")


class GridPath(Section):
    """From point to point of a square grid, as on Open NSynth Super, with a source in each corner."""

    kind: Literal["grid"] = Field(description="The kind of path.")
    corners: Annotated[tuple[str, ...], Field(strict=False)] | None = Field(
        default=None,
        description="Sources: top left, top right, bottom left, bottom right; absent: all four, as they are written.",
    )
    side: int = Field(default=5, ge=2, le=33, description="Points along a side of the grid; Open NSynth Super has 11.")
    walk: Walk = Field(
        default="rows",
        description=(
            "The way over it: 'rows', line by line to the end and back; 'round', along the edge; 'random', from point "
            "to neighbour by chance."
        ),
    )
    seed: int = Field(default=1, ge=0, lt=2**32, description="Where the chance of a random walk begins.")
    spherical: bool = Field(
        default=False, description="Whether to go along a sphere, which keeps the size of codes, not straight."
    )


class RandomWalkPath(Section):
    """By small steps of chance between all sources, for ever."""

    kind: Literal["random_walk"] = Field(description="The kind of path.")
    among: Annotated[tuple[str, ...], Field(strict=False)] | None = Field(
        default=None, min_length=2, description="Sources; absent: all, as they are written."
    )
    stride: float = Field(
        default=0.1, gt=0, le=0.5, description="How much of the mixture one step can change at most, as a share of it."
    )
    seed: int = Field(default=1, ge=0, lt=2**32, description="Where chance begins.")
    spherical: bool = Field(
        default=False, description="Whether to mix along a sphere, which keeps the size of codes, not straight."
    )


TimbrePath = LinePath | ThereAndBackPath | GridPath | RandomWalkPath


@dataclass(frozen=True, slots=True)
class PathPace:
    """When the next step is due: ``every`` so many seconds of playing, or ``steps`` between two times of each day.

    ``hours`` may pass midnight; the same time twice is all day long.
    """

    every: float | None = 600.0
    steps: int | None = None
    hours: tuple[dt.time, dt.time] = (dt.time(20), dt.time(6))


class PaceSection(Section):
    """How fast a path is gone."""

    every: Annotated[float, Written(str, _duration)] | None = Field(
        default=None, description="A step each time that the scene has played so long.", examples=["10 min"]
    )
    steps_a_night: int | None = Field(
        default=None, ge=1, le=1000, description="So many steps, evenly between the hours, every night.", examples=[24]
    )
    hours: Annotated[tuple[TimeOfDay, TimeOfDay], Field(strict=False)] = Field(
        default=(dt.time(20), dt.time(6)),
        description="Of steps_a_night: where the night begins and ends, by the machine's local time; or opening hours.",
        examples=[["20:00", "06:00"]],
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """It is one of both."""
        if (self.every is None) == (self.steps_a_night is None):
            yield (), "a pace is either 'every' so many minutes or so many 'steps_a_night'"
        elif self.every is not None and "hours" in self.model_fields_set:
            yield ("hours",), "hours belong to steps_a_night; leave them out"

    def pace(self) -> PathPace:
        """The value."""
        return PathPace(self.every, self.steps_a_night, self.hours)


class PitchesSection(Section):
    """The pitches that are rendered; those between are played from the nearest."""

    at: Annotated[tuple[Pitch, ...], Field(strict=False)] | None = Field(
        default=None, min_length=1, description="Each of them.", examples=[["C3", "G3", "C4"]]
    )
    low: Pitch | None = Field(default=None, alias="from", description="The lowest.", examples=["C3"])
    high: Pitch | None = Field(default=None, alias="to", description="The highest.", examples=["C6"])
    step: int = Field(default=4, ge=1, le=24, description="Semitones from one to the next.")

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """It is a list, or a range."""
        if (self.at is None) == (self.low is None and self.high is None):
            yield (), "pitches are a list, such as [C3, G3], or a range, such as {from: C3, to: C6, step: 4}"
        elif self.at is None and (self.low is None or self.high is None):
            yield (), "a range of pitches has both 'from' and 'to'"
        elif self.low is not None and self.high is not None and self.low > self.high:
            yield ("from",), f"a range goes from the lowest to the highest, not {_range(self.low, self.high)}"

    def pitches(self) -> tuple[int, ...]:
        """The value: ascending, and the ends of a range always among them."""
        if self.at is not None:
            return tuple(sorted(set(self.at)))
        if self.low is None or self.high is None:
            raise ValueError("a range of pitches has both 'from' and 'to'")
        return tuple(sorted({*range(self.low, self.high, self.step), self.high}))


def _range(low: int, high: int) -> str:
    return f"{pitch_name(low)} to {pitch_name(high)}"


class Timbre(Section):
    """Sounds, a path between them, and what is rendered at each of its steps."""

    model: Annotated[str, AfterValidator(_timbre_model)] = Field(
        default="default",
        description=(
            "The timbre model: 'default', which takes sounds apart (and is 'timbre' where a source is a latent), "
            "'nsynth', 'gansynth', or one of your own."
        ),
    )
    sources: dict[Name, Annotated[SourceSection, Written(SourceSection, _itself, short=("file",))]] = Field(
        description="The sounds by name, 2 to 16: a file, {file, pitch}, {latent: SEED}, or {kit: ...} of drums.",
        examples=[{"flute": "shipped:flute"}],
    )
    path: Annotated[
        TimbrePath,
        ByKind({"line": LinePath, "there_and_back": ThereAndBackPath, "grid": GridPath, "random_walk": RandomWalkPath}),
    ] = Field(
        default_factory=lambda: ThereAndBackPath(kind="there_and_back"), description="The way between the sources."
    )
    pace: Annotated[PathPace, Written(PaceSection, PaceSection.pace, short=("every",))] = Field(
        default_factory=PathPace, description="How fast it is gone: a length of time a step, or {steps_a_night, hours}."
    )
    pitches: Annotated[tuple[int, ...], Written(PitchesSection, PitchesSection.pitches, short=("at",))] = Field(
        default=(48, 54, 60, 66, 72),
        description="The pitches that are rendered, a list or {from, to, step}; those between are played from them.",
        examples=[["C3", "G3", "C4"]],
    )
    velocities: Annotated[tuple[Annotated[int, Field(ge=1, le=MAX_MIDI)], ...], Field(strict=False)] = Field(
        default=(100,), min_length=1, description="The velocities at which each pitch is rendered, 1 to 127."
    )
    variations: int = Field(
        default=1,
        ge=1,
        le=MOST_VARIATIONS,
        description="How many variations of each note are rendered, 1 to 8; samplers play them in turn.",
    )
    length: float = Field(
        default=2.0,
        ge=0.1,
        le=LONGEST_NOTE,
        description=f"Seconds of each note, 0.1 to 12; more can be looped. Absent: 2, and {KIT_SECONDS:g} of a kit.",
    )
    level: float = Field(
        default=-20.0, ge=-60, le=-6, description="How loud every bank is, in dB below full scale, -60 to -6."
    )
    seed: int = Field(default=1, ge=0, lt=2**32, description="Where the chance of the model begins.")

    hints: ClassVar[Mapping[str, str]] = {
        "swap": "how a bank is swapped stands at the voice, as 'timbre: {bank, swap}'",
        "steps": "the number of steps belongs to the path, as 'path: {kind: line, steps: 24}'",
    }

    @property
    def way(self) -> tuple[str, ...]:
        """The sources that the path uses, in its order."""
        match self.path:
            case GridPath():
                chosen = self.path.corners
            case RandomWalkPath():
                chosen = self.path.among
            case _:
                chosen = self.path.through
        return tuple(self.sources) if chosen is None else chosen

    @property
    def renderer(self) -> str:
        """The model that renders it: by default that of signals, and for latents the shipped one that has some."""
        latents = any(source.latent is not None for name in self.way if (source := self.sources.get(name)))
        return "timbre" if latents and self.model == "default" else self.model

    @property
    def drums(self) -> tuple[int, ...]:
        """The keys of all drums that sources of the path have, ascending; none if it is no kit of drums."""
        kits = [source.kit for name in self.way if (source := self.sources.get(name)) and source.kit]
        return tuple(sorted({key for kit in kits for key in kit}))

    @property
    def seconds(self) -> float:
        """How long each note is rendered."""
        return KIT_SECONDS if self.drums and "length" not in self.model_fields_set else self.length

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """The path leads along the sources, and a bank can be rendered in a night."""
        if not FEWEST_SOURCES <= len(self.sources) <= MOST_SOURCES:
            sentence = f"a path leads between {FEWEST_SOURCES} to {MOST_SOURCES} sources, not {len(self.sources)}"
            yield ("sources",), sentence
            return
        yield from self._ways()
        if self.model in _WITHOUT_LATENTS:
            for name, source in self.sources.items():
                if source.latent is not None:
                    yield ("sources", name), f"{self.model} has no latents, only gansynth has; name a sound file"
        if len(set(self.velocities)) < len(self.velocities) or list(self.velocities) != sorted(self.velocities):
            yield ("velocities",), "velocities are written from the softest on, each once"
        if self.drums and "pitches" in self.model_fields_set:
            yield ("pitches",), "each drum of a kit has its own key; leave the pitches out"
        keys = len(self.drums or self.pitches)
        seconds = keys * len(self.velocities) * self.variations * self.seconds
        if seconds > LONGEST_BANK:
            sentence = f"each bank would be {seconds:g} s of sound; {LONGEST_BANK:g} s is the most"
            longest = [key for key in ("variations", "pitches", "length") if key in self.model_fields_set]
            yield (longest[0] if longest else "velocities",), sentence

    def _ways(self) -> Iterator[tuple[Keys, str]]:
        key = {"grid": "corners", "random_walk": "among"}.get(self.path.kind, "through")
        for number, name in enumerate(self.way):
            if name not in self.sources:
                sentence = f"there is no source {name!r}{did_you_mean(name, self.sources)}"
                yield ("path", key, number), sentence
        if self.path.kind == "grid" and len(self.way) != CORNERS:
            place: Keys = ("path",) if self.path.corners is None else ("path", key)
            yield place, f"a grid has four corners, each with a source, not {len(self.way)}"


class VoiceTimbre(Section):
    """The bank that a voice plays, and how the next one takes over on a bar line."""

    bank: str = Field(description="One of the scene's timbres.", examples=["creature"])
    swap: Swap = Field(
        default="cut",
        description="'cut': notes that begin after the bar line have the new sound; 'crossfade' between two channels.",
    )
    channel: int | None = Field(
        default=None, ge=1, le=16, description="Of a crossfade: the second MIDI channel, for this voice alone."
    )
    bars: int | None = Field(
        default=None, ge=1, le=64, description="Of a crossfade: how many bars it takes; absent: 1."
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """A crossfade, and nothing else, has a second channel."""
        if self.swap == "crossfade":
            if self.channel is None:
                yield (), "a crossfade needs a second MIDI channel that is free; name it as 'channel'"
            return
        for key in ("channel", "bars"):
            if getattr(self, key) is not None:
                yield (key,), f"only a crossfade has {key!r}; write 'swap: crossfade' or leave it out"
