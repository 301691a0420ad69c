"""Chapters of a form: stretches of many sections."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from reverie.documents import Section
from reverie.scenes.form_fields import (
    AT_MOST,
    DENSITY,
    LOUDNESS,
    PACE,
    REGISTER,
    TEMPERATURE,
    Counts,
    DynamicFactors,
    Factors,
    Semitones,
    TempoFactors,
    listed,
)
from reverie.scenes.form_points import TIMBRE_POINTS, Point, TimbrePoints
from reverie.scenes.harmony import Span
from reverie.scenes.timbre import Name


class ChapterSettings(Section):
    """A stretch of many sections, such as a quarter of an hour, that is unlike the others."""

    name: Name = Field(description="Its name, for `next`, the status and markers.", examples=["noon"])
    spans: Annotated[tuple[Span, ...], BeforeValidator(listed), Field(strict=False, min_length=1)] = Field(
        alias="for",
        description="How long it lasts, in bars or as a time such as 12m, or several of which one is drawn each time.",
        examples=[["10m", "14m"]],
    )
    sections: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        min_length=1,
        description="The sections that it has, by name; the first of them begins it.",
        examples=[["day", "night"]],
    )
    next: dict[str, Annotated[float, Field(ge=0, le=1000)]] | None = Field(
        default=None,
        description="What may follow, with its weight. Absent: the next one, and after the last the first.",
    )
    density: Factors = Field(
        default_factory=tuple, description=f"{DENSITY}; a list goes from the beginning to the end."
    )
    shift: Semitones = Field(default_factory=tuple, alias="register", description=f"{REGISTER}; or a list.")
    temperature: Factors = Field(default_factory=tuple, description=f"{TEMPERATURE}; or a list.")
    dynamics: DynamicFactors = Field(default_factory=tuple, description=f"{LOUDNESS}; or a list.")
    tempo: TempoFactors = Field(default_factory=tuple, description=f"{PACE}; or a list.")
    timbre: TimbrePoints = Field(
        default_factory=dict[str, Point],
        description=f"{TIMBRE_POINTS}, and where a section of it says nothing.",
        examples=[{"creature": 0.9}],
    )
    at_most: Counts = Field(default_factory=tuple, description=f"{AT_MOST}; or a list.")
