"""What holds the music back: quiet hours, and rooms in which nobody is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Section
from reverie.site.control import FAINTEST
from reverie.site.days_written import Weekday
from reverie.site.fields import FilePath, one_line
from reverie.site.time_of_day import TimeOfDay


class QuietHoursSection(Section):
    """Hours in which the music is quieter and thinner."""

    begin: TimeOfDay = Field(alias="from", description="When they begin.", examples=["22:00"])
    end: TimeOfDay = Field(alias="to", description="When they end; before `from`: on the next day.", examples=["08:00"])
    days: Annotated[tuple[Weekday, ...], Field(strict=False)] = Field(
        default=(), description="The days of the week on which they begin; none: each.", examples=[["sunday"]]
    )
    volume: float = Field(
        default=1.0, ge=FAINTEST, le=1, description="The highest share of the slots' volume, 0.05 to 1."
    )
    density: float = Field(
        default=1.0, ge=0.1, le=1, description="How many times as dense as usual voices are composed, 0.1 to 1."
    )
    reason: Annotated[str, AfterValidator(one_line)] | None = Field(
        default=None, min_length=1, max_length=80, description="Why, for people.", examples=["neighbours"]
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """They last, and are of some consequence."""
        if self.begin == self.end:
            yield ("to",), "quiet hours end when they begin"
        if self.volume == self.density == 1.0:
            yield (), "quiet hours have a `volume` or a `density` below 1"


class PresenceSection(Section):
    """A sensor that says whether somebody is there, and what becomes of the music where nobody is."""

    file: FilePath | None = Field(
        default=None,
        description="A file that says whether somebody is there, such as a GPIO line of the kernel; null: what "
        "`reverie do presence`, MIDI, OSC and HTTP say.",
        examples=["/sys/class/gpio/gpio17/value"],
    )
    active: str = Field(default="1", max_length=32, description="What the file says while somebody is there.")
    holds: bool = Field(
        default=False,
        description="Whether a message that somebody is there holds until one says that nobody is; else it counts for "
        "a moment, as of a motion sensor.",
    )
    away: float = Field(
        default=10.0, ge=0.1, le=1440, description="Minutes without anybody after which nobody is there."
    )
    then: Literal["thin", "rest"] = Field(
        default="thin", description="What becomes of the music then: it thins out, or ends and rests."
    )
    density: float = Field(default=0.6, ge=0.1, le=1, description="How dense it is then, times its own.")
    voices: int = Field(default=1, ge=1, le=64, description="How many voices sound then, at most.")
    lost: float = Field(
        default=12.0,
        ge=0.1,
        le=720,
        description="Hours of opening without a word of the sensor after which it counts as dead: then it plays on.",
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """A sensor is not dead before nobody is there."""
        if self.lost * 60 <= self.away:
            yield ("lost",), f"a sensor is dead after {self.lost:g} h without a word, and nobody there only after that"


class MaintenanceSection(Section):
    """What is done while nobody minds."""

    reboot: Literal["daily", "weekly", "monthly"] | None = Field(
        default=None,
        description="How often the machine is started anew, while it is closed for another half hour; null: never.",
    )
    new_start: bool = Field(
        default=True,
        description="Whether Reverie, as a service, begins anew in a rest where something waits for that: a key of "
        "this file that counts from the next start, models that were imported, a version that was installed.",
    )
