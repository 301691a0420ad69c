"""Telling people who are far away: by which channels, of what, when, and in which language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Section
from reverie.site.fields import SecretPath, one_line
from reverie.site.secret_file import SecretFile
from reverie.site.time_of_day import TimeOfDay

ChannelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Least = Literal["silent", "impaired", "notice"]


class QuietSection(Section):
    """Hours of the day, over midnight if they end before they begin, in which nobody is disturbed."""

    begin: TimeOfDay = Field(
        alias="from", description="When they begin, by the machine's local time.", examples=["22:00"]
    )
    end: TimeOfDay = Field(alias="to", description="When they end.", examples=["07:30"])
    silent_too: bool = Field(
        default=False, description="Whether even faults of severity silent wait until the digest; else they are told."
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Hours that end when they begin are none, or all."""
        if self.begin == self.end:
            yield ("to",), "the hours end when they begin; leave 'quiet' out, or name a channel of severity silent"


class NotifyChannel(Section):
    """One way to tell somebody."""

    url_file: SecretPath | None = Field(
        default=None,
        description="A file whose one line is the channel's address as Apprise has it, such as ntfys://ntfy.sh/TOPIC; "
        "null: the credential `notify-NAME` of the service.",
        examples=["notify-crew"],
    )
    severity: Least = Field(
        default="impaired",
        description="The least severe faults that are told at once: silent, impaired or notice. Others are in the "
        "digest.",
    )
    faults: bool = Field(default=True, description="Whether faults are told here.")
    report: bool = Field(default=True, description="Whether the morning report is sent here.")

    def secret(self, name: str) -> SecretFile:
        """Where the address of the channel of that name lies."""
        return SecretFile(self.url_file, f"notify-{name}")


class HeartbeatSection(Section):
    """A dead-man's switch elsewhere, which calls somebody once it hears nothing any more."""

    url_file: SecretPath | None = Field(
        default=None,
        description="A file whose one line is the address that is asked for, http or https; null: the credential "
        "`heartbeat-url` of the service.",
        examples=["heartbeat-url"],
    )
    every: float = Field(default=60.0, ge=1, le=3600, description="Seconds from one beat to the next.")

    @property
    def secret(self) -> SecretFile:
        """Where its address lies."""
        return SecretFile(self.url_file, "heartbeat-url")


class NotifySection(Section):
    """Who is told when something is wrong, and of the day in the morning."""

    language: Literal["en", "de"] = Field(default="en", description="The language of messages and reports: en or de.")
    place: Annotated[str, AfterValidator(one_line)] | None = Field(
        default=None,
        min_length=1,
        max_length=60,
        description="What messages call this installation; null: the name of the machine.",
        examples=["West gallery"],
    )
    channels: dict[ChannelName, NotifyChannel] = Field(
        default_factory=dict[str, NotifyChannel],
        max_length=16,
        description="The ways by which people are told, by names of your own.",
        examples=[{"crew": {"url_file": "notify-crew"}}],
    )
    after: float = Field(
        default=120.0,
        ge=0,
        le=86_400,
        description="Seconds for which a fault must last before it is told, and be over before that is told.",
    )
    most_per_hour: int = Field(
        default=12, ge=1, le=3600, description="Messages an hour and channel; what is beyond them waits for the digest."
    )
    quiet: QuietSection | None = Field(
        default=None,
        description="Hours in which what is told waits for the digest; null: none.",
        examples=[{"from": "22:00", "to": "07:30"}],
    )
    digest_at: TimeOfDay = Field(
        default=dt.time(8),
        description="When what was held back is told, in one message.",
        examples=["08:00"],
    )
    report_at: TimeOfDay | None = Field(
        default=None,
        description="When the report on the day before is written and sent; null: never.",
        examples=["07:00"],
    )
    heartbeat: HeartbeatSection | None = Field(
        default=None,
        description="An address that is asked for as long as music is heard, or rests as intended; null: none.",
        examples=[{"url_file": "heartbeat-url"}],
    )
