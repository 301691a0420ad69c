"""Reverb and chorus of a FluidSynth."""

from __future__ import annotations

from typing import Any

from pydantic import BeforeValidator, Field, JsonValue

from reverie.documents import Section


class ReverbSection(Section):
    """The room of a FluidSynth."""

    room: float = Field(default=0.7, ge=0, le=1, description="Its size: 0.2 rings for 1 s, 0.7 for 2.5 s, 0.9 for 5 s.")
    damp: float = Field(default=0.4, ge=0, le=1, description="How much of the highs its walls take.")
    width: float = Field(default=0.9, ge=0, le=1, description="How far left and right differ.")
    level: float = Field(default=0.9, ge=0, le=1, description="How loud it is.")


class ChorusSection(Section):
    """The chorus of a FluidSynth."""

    voices: int = Field(default=3, ge=1, le=20, description="How many copies of a voice it adds.")
    depth: float = Field(default=4.25, ge=0, le=20, description="How far their delays move, in milliseconds.")
    speed: float = Field(default=0.2, ge=0.1, le=5, description="How often they do, in hertz.")
    level: float = Field(default=0.6, ge=0, le=10, description="How loud it is.")


def _off(written: Any) -> Any:
    return None if written == "off" else written


OR_OFF = BeforeValidator(_off)
"""What is written ``off`` or null is none."""


def or_off(schema: dict[str, JsonValue]) -> None:
    """Tell editors that it may be off."""
    forms = schema["anyOf"]
    if isinstance(forms, list):
        forms.append({"const": "off"})
