"""Samplers behind slots: how they are given the banks of timbres."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Section
from reverie.site.fields import Data, FilePath
from reverie.site.sampler import SamplerSettings

_LAST_PORT = 65_535


def _listener(written: str) -> str:
    host, _, port = written.rpartition(":")
    if not host or not port.isdecimal() or not 1 <= int(port) <= _LAST_PORT:
        raise ValueError(f"a listener is HOST:PORT, such as 127.0.0.1:9000, not {written!r}")
    return written


class SamplerSection(Section):
    """How the sampler behind a slot gets the banks of timbres; what is left out is not done."""

    folder: FilePath | None = Field(
        default=None,
        description="The folder that it watches, relative to this file; banks are put there, one folder a timbre.",
        examples=["/mnt/sampler/reverie"],
    )
    keep: int = Field(default=3, ge=1, le=1000, description="Old banks of each timbre that stay in the folder.")
    osc: Annotated[str, AfterValidator(_listener)] | None = Field(
        default=None, description="Who is told of banks by OSC: HOST:PORT.", examples=["127.0.0.1:9001"]
    )
    programs: Annotated[tuple[Data, ...], Field(strict=False, max_length=2)] = Field(
        default=(), description="Programs chosen in turn, from 0: one bank plays while the other is loaded."
    )
    loading: float = Field(
        default=5.0, ge=0, le=600, description="Seconds that it takes to load a bank; its program is chosen after them."
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Two programs are two, and who is told of a bank can reach it."""
        if len(set(self.programs)) < len(self.programs):
            yield ("programs",), "the two programs are one and the same; name another, or only one"
        if self.osc and not self.folder:
            yield ("osc",), "what is told by OSC is where a bank lies; name the `folder` into which banks are put"

    @property
    def sampler(self) -> SamplerSettings:
        """It, as those need it that give it banks."""
        host, _, port = (self.osc or ":0").rpartition(":")
        listener = (host.strip("[]"), int(port)) if self.osc else None
        return SamplerSettings(self.folder, self.keep, listener, self.programs, self.loading)
