"""Timbre: where sample banks are kept, and how much of the machine their rendering may take."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pydantic import Field

from reverie.documents import Keys, Section
from reverie.models.nsynth.decoder_name import DecoderName
from reverie.site.fields import FilePath
from reverie.site.time_of_day import TimeOfDay

GIGABYTE = 1_000_000_000
_HOUR = 3600.0


class RenderHoursSection(Section):
    """Hours of the day, over midnight if they end before they begin."""

    begin: TimeOfDay = Field(
        alias="from", description="When they begin, by the machine's local time.", examples=["22:00"]
    )
    end: TimeOfDay = Field(alias="to", description="When they end.", examples=["06:00"])

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Hours that end when they begin are none, or all."""
        if self.begin == self.end:
            yield ("to",), "the hours end when they begin; leave 'render_hours' out for the whole day"


class TimbreSection(Section):
    """The rendering of sample banks, and their cache."""

    folder: FilePath | None = Field(
        default=None, description="Where banks are kept; null: 'timbre' in the state folder."
    )
    quota: float = Field(
        default=5.0,
        ge=0.05,
        le=100_000,
        description="Gigabytes that the banks may take; beyond them those go that were not used for longest.",
    )
    share: float = Field(
        default=0.5,
        ge=0.01,
        le=1,
        description="How much of all cores together rendering may take, 0.01 to 1, and only what others leave.",
    )
    threads: int | None = Field(
        default=None, ge=1, le=1024, description="Threads that render; null: one for each core."
    )
    decoder: DecoderName = Field(
        default="numpy",
        description="What computes NSynth's notes: numpy, or jax, which needs the extra 'fast' and is for GPUs.",
    )
    patience: float = Field(
        default=24.0,
        ge=0.1,
        le=720,
        description="Hours of rendering at a stretch after which a bank is given up, and the present one is played on.",
    )
    render_hours: RenderHoursSection | None = Field(
        default=None,
        description="Hours of the day in which banks are rendered; what is begun waits for the next. Null: all.",
        examples=[{"from": "22:00", "to": "06:00"}],
    )
    render_in_rests: bool = Field(
        default=False,
        description="Whether banks are rendered only while the music rests, or in 'render_hours' if there are any.",
    )

    @property
    def quota_bytes(self) -> int:
        """The quota in bytes."""
        return round(self.quota * GIGABYTE)

    @property
    def patience_seconds(self) -> float:
        """The patience in seconds."""
        return self.patience * _HOUR

    @property
    def workers(self) -> int:
        """How many threads render on this machine."""
        return self.threads or os.cpu_count() or 1
