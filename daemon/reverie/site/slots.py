"""Slots: by what a voice's notes leave the machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from reverie.documents import Facts, Section

Api = Literal["auto", "alsa", "jack", "coremidi"]
AUTO = "auto"


def from_here(written: str, info: ValidationInfo) -> Path:
    """A path of the file; a relative one counts from the file's own folder."""
    return (Facts.get(info, "folder") or Path()) / Path(written).expanduser()


def _regular(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(
            f"{pattern!r} is no regular expression: {error}; put \\ before a character that means itself"
        ) from error
    return pattern


def _soundfont(written: str, info: ValidationInfo) -> str:
    return written if written == AUTO else str(from_here(written, info))


def _setting(written: Any) -> Any:
    """FluidSynth takes every setting as text, numbers too."""
    return str(written) if isinstance(written, int | float) and not isinstance(written, bool) else written


class FluidSynthSlot(Section):
    """A software synthesizer that Reverie starts and looks after."""

    kind: Literal["fluidsynth"] = Field(default="fluidsynth", description="What the slot is: 'fluidsynth'.")
    soundfont: Annotated[str, AfterValidator(_soundfont)] = Field(
        default=AUTO,
        description="A SoundFont file (.sf2, .sf3), relative to this file; 'auto' takes one that the system has.",
    )
    audio: str = Field(
        default=AUTO,
        min_length=1,
        description="FluidSynth's audio driver, such as alsa, jack, pipewire or coreaudio; 'auto' tries what is there.",
    )
    gain: float = Field(default=0.6, gt=0, le=10, description="Loudness; FluidSynth's own default is 0.2.")
    options: dict[str, Annotated[str, BeforeValidator(_setting)]] = Field(
        default_factory=dict[str, str],
        description="Settings of FluidSynth's own, by the names of `fluidsynth -o help`.",
        examples=[{"audio.alsa.device": "hw:2"}],
    )


class PortSlot(Section):
    """A MIDI input that is there already: of a synthesizer, an interface or a DAW."""

    kind: Literal["port"] = Field(default="port", description="What the slot is: 'port'.")
    match: Annotated[str, AfterValidator(_regular)] = Field(
        min_length=1,
        description="Part of the port's name, as a regular expression; small and capital letters are alike.",
        examples=["Ardour"],
    )
    api: Api = Field(default="auto", description="The system by which the port is reached.")


class VirtualSlot(Section):
    """A MIDI port of Reverie's own, to which others connect."""

    kind: Literal["virtual"] = Field(default="virtual", description="What the slot is: 'virtual'.")
    name: str = Field(default="Reverie", min_length=1, max_length=60, description="The port's name.")
    api: Api = Field(default="auto", description="The system by which the port is offered.")


Slot = FluidSynthSlot | PortSlot | VirtualSlot
