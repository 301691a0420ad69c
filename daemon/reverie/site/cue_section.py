"""Cues: sounds that come along with dreams, handed to a DAW or played by this machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from reverie.documents import Keys, Section
from reverie.site.fields import FilePath


def _words(written: object) -> object:
    """A program alone stands for a command without more."""
    return [written] if isinstance(written, str) else written


class CueOscSection(Section):
    """To whom cues are told by Open Sound Control."""

    address: str = Field(default="127.0.0.1", description="The network address of the DAW's machine, in figures.")
    port: int = Field(ge=1, le=65_535, description="UDP port, 1 to 65535.", examples=[9000])

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """An address in figures is known at once; for a name others would have to be asked."""
        try:
            ipaddress.ip_address(self.address)
        except ValueError:
            yield ("address",), f"an address in figures, such as 192.168.1.20, not {self.address!r}"


class CueSection(Section):
    """Sounds that come along with dreams."""

    folder: FilePath | None = Field(
        default=None, description="The folder in which they lie, relative to this file; null: there are no cues."
    )
    play: Annotated[
        tuple[str, ...],
        BeforeValidator(_words),
        Field(strict=False),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
    ] = Field(
        default=(),
        description="The program that plays a file, such as aplay, pw-play or [jack-play, -u]; absent: none does.",
        examples=["aplay"],
    )
    osc: CueOscSection | None = Field(
        default=None, description="Whom to tell /cue, the path, the bar and the seconds until then; null: nobody."
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """A folder of sounds is for somebody who plays them."""
        if self.folder is not None and not self.play and self.osc is None:
            yield ("folder",), "cues are played by a program (`play`) or told to a DAW (`osc`); name one of them"
        if self.folder is None and (self.play or self.osc):
            yield (), "the folder in which the cues lie is missing (`folder`)"
        if any(not word for word in self.play):
            yield ("play",), "a program is a word that is not empty"
