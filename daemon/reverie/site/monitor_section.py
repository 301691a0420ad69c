"""The monitor: by what Reverie hears whether its notes sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Section
from reverie.site.fields import one_line

MONITOR = "monitor"
"""What the listener in the hall is called, beside synthesizers that are listened to by the name of their slot."""


class MonitorInput(Section):
    """A microphone in the hall, or a line from the mixer or the amplifier."""

    kind: Literal["alsa", "jack", "pulseaudio", "pipewire", "command"] = Field(
        description="By what the input is read: alsa (arecord), jack, pulseaudio (parec), pipewire (pw-record), or a "
        "command.",
    )
    device: Annotated[str, AfterValidator(one_line)] | None = Field(
        default=None,
        min_length=1,
        description="The input, as that system names it, such as plughw:1 or, for jack, system:capture_1; null: the "
        "system's own choice.",
        examples=["plughw:1"],
    )
    command: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        default=(),
        description="A program with its arguments, for kind command: it writes signed little-endian 16 bits, one "
        "channel, 16,000 a second, to its standard output.",
        examples=[["ssh", "mixer", "arecord", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", "16000"]],
    )
    slots: Annotated[tuple[str, ...], Field(strict=False)] | None = Field(
        default=None, description="The slots that it hears; null: all.", examples=[["main"]]
    )
    below: float = Field(
        default=-60.0,
        ge=-110,
        le=-10,
        description="What is not louder than so many dBFS is silence, whatever rests are like.",
    )
    margin: float = Field(
        default=6.0, ge=1, le=40, description="By how many dB music exceeds the noise of the hall as it is in rests."
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """A command is for kind command, which needs one."""
        if (self.kind == "command") != bool(self.command):
            has = "needs a `command`" if not self.command else "takes no `command`"
            yield ("command",) if self.command else ("kind",), f"kind {self.kind} {has}"
        if self.kind == "command" and self.device is not None:
            yield ("device",), "kind command has its device among its arguments"
        if any(not word for word in self.command):
            yield ("command",), "a program is a word that is not empty"


class MonitorSection(Section):
    """By what Reverie hears whether its notes sound."""

    synths: bool = Field(
        default=True,
        description="Whether the output of each FluidSynth is listened to, where a server of sound lets one.",
    )
    input: MonitorInput | None = Field(
        default=None,
        description="What hears the installation itself; null: nothing does.",
        examples=[{"kind": "alsa", "device": "plughw:1"}],
    )
