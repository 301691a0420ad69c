"""Sync: whose tempo scenes may follow, and who may follow theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Section
from reverie.site.slot_sections import Api, DeviceSection, regular


class ClockInput(Section):
    """A MIDI output of others that sends MIDI clock."""

    match: Annotated[str, AfterValidator(regular)] | None = Field(
        default=None,
        min_length=1,
        description="Part of the port's name, as a regular expression; small and capital letters are alike.",
        examples=["TR-8S"],
    )
    device: DeviceSection | None = Field(default=None, description="The device itself, by marks that stay.")
    api: Api = Field(default="auto", description="The system by which the port is reached.")

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """A port is known by something."""
        if self.match is None and self.device is None:
            yield (), "the sender of the clock is known by `match`, part of its port's name, or by `device`"


class LinkSession(Section):
    """The session of Ableton Link on the network."""

    start_stop: bool = Field(
        default=False,
        description="Whether peers may start and stop the music of a scene that they lead, and it theirs.",
    )


class Sync(Section):
    """The clocks of others."""

    clock: ClockInput | None = Field(default=None, description="Where MIDI clock comes from; null: nowhere.")
    link: LinkSession | None = Field(
        default=None, description="Ableton Link, which needs the extra 'link'; null: not used."
    )

    def as_json(self) -> dict[str, Any]:
        """The section as plain data for the player."""
        return self.model_dump(mode="json")
