"""The room: boxes that play one piece, one of which leads."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Section
from reverie.site.address import Address
from reverie.site.fields import SecretPath, one_line
from reverie.site.secret_file import SecretFile

PORT = 8767
"""The UDP port of a leader."""
_PLACE = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\[\]:\s]+)(?::(?P<port>\d{1,5}))?")


def _place(written: str) -> str:
    found = _PLACE.fullmatch(written)
    if found is None or not 0 < int(found["port"] or PORT) < 1 << 16:
        raise ValueError(
            f"{written!r} is no place of a leader: its name or address, and a port where it has another than {PORT}, "
            f"such as hall.local or 192.168.1.20:{PORT}"
        )
    try:
        found["host"].encode("idna")
    except UnicodeError:
        raise ValueError(
            f"{written!r} is no place of a leader: each part of a name between two dots has 1 to 63 characters, as in "
            "hall.local"
        ) from None
    return written


class RoomSection(Section):
    """One piece on several boxes: this one leads, or follows one that leads."""

    lead: bool = Field(default=False, description="Whether this box leads, so that others may follow it.")
    follow: Annotated[str, AfterValidator(_place)] | None = Field(
        default=None,
        max_length=253,
        description=f"The box that leads: its name or address, and its port if that is not {PORT}.",
        examples=["hall.local"],
    )
    name: Annotated[str, AfterValidator(one_line)] | None = Field(
        default=None, min_length=1, max_length=60, description="What the others call this box; null: its host name."
    )
    voices: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        default=(),
        description="The voices that sound here; the others are composed, and sound elsewhere. Empty: all of them.",
        examples=[["bass", "pad"]],
    )
    token_file: SecretPath | None = Field(
        default=None,
        description="A file whose one line all boxes of the room share; null: the credential `room-token` of the "
        "service.",
        examples=["room-token"],
    )
    address: Address = Field(
        default="0.0.0.0",  # noqa: S104 - a leader is for the network; whoever asks must know the token
        description="Where a leader listens; 0.0.0.0 is every network of the machine.",
    )
    port: int = Field(default=PORT, ge=1, le=65_535, description="The UDP port at which a leader listens.")

    @property
    def called(self) -> str:
        """What the others call this box."""
        return self.name or socket.gethostname()[:60]

    @property
    def token(self) -> SecretFile:
        """Where the secret lies that all boxes of the room share."""
        return SecretFile(self.token_file, "room-token")

    @property
    def leader(self) -> tuple[str, int]:
        """Host and port of the box that leads."""
        found = _PLACE.fullmatch(self.follow or "")
        return ("", PORT) if found is None else (found["host"].strip("[]"), int(found["port"] or PORT))

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """A box leads or follows."""
        if self.lead and self.follow is not None:
            yield ("follow",), "a box leads or follows, not both; a room has one leader"
        if not self.lead and self.follow is None:
            yield (), "a box of a room leads (`lead: true`) or follows (`follow: hall.local`)"
