"""MQTT: the broker of the house, which is told how the installation is and may ask things of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Section
from reverie.site.address import Machine
from reverie.site.fields import FilePath, SecretPath, one_line
from reverie.site.secret_file import SecretFile

Line = Annotated[str, AfterValidator(one_line)]
Topic = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", max_length=100)]
PLAIN_PORT, TLS_PORT = 1883, 8883


class MqttSection(Section):
    """The broker, and what it may do."""

    host: Machine = Field(
        min_length=1, max_length=253, description="The broker's name or address.", examples=["broker.local"]
    )
    port: int | None = Field(
        default=None, ge=1, le=65_535, description="Its TCP port; null: 8883 with TLS, 1883 without."
    )
    tls: bool = Field(default=False, description="Whether the broker speaks TLS.")
    ca: FilePath | None = Field(
        default=None, description="The certificate (PEM) by which the broker's is known; null: those of the system."
    )
    username: Line | None = Field(default=None, min_length=1, max_length=200, description="By what name to log in.")
    password_file: SecretPath | None = Field(
        default=None,
        description="A file whose one line is the password; null: the credential `mqtt-password` of the service.",
        examples=["mqtt-password"],
    )
    topic: Topic = Field(
        default="reverie", description="What all topics begin with; each installation of a broker has its own."
    )
    name: Line | None = Field(
        default=None,
        min_length=1,
        max_length=60,
        description="What dashboards call the installation; null: `Reverie` and the topic.",
    )
    discovery: Topic | None = Field(
        default="homeassistant",
        description="The topic below which Home Assistant looks for devices; null: it is not told of this one.",
    )
    control: bool = Field(
        default=False,
        description="Whether whoever may write at the broker controls the music: scene, mood, volume, pause.",
    )

    @property
    def used_port(self) -> int:
        """The port that counts."""
        return self.port or (TLS_PORT if self.tls else PLAIN_PORT)

    @property
    def password(self) -> SecretFile | None:
        """Where the password lies; None where nobody logs in."""
        return SecretFile(self.password_file, "mqtt-password") if self.username is not None else None

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """A certificate is for TLS, and a password for somebody."""
        if self.ca is not None and not self.tls:
            yield ("ca",), "a certificate is looked at with `tls: true` only"
        if self.password_file is not None and self.username is None:
            yield ("password_file",), "a password is somebody's; `username` says whose"
