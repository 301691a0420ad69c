"""The page: by what artists and technicians are known, who stands between, and who helps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Section
from reverie.site.address import HostName, Network
from reverie.site.fields import SecretPath, one_line
from reverie.site.visitor_rules import VisitorsSection

_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{2,39}")


def _header(written: str) -> str:
    if not _HEADER.fullmatch(written):
        raise ValueError(f"{written!r} is no name of a header, such as X-Reverie-Role")
    return written


def _telephone(written: str) -> str:
    if not _TELEPHONE.fullmatch(written):
        raise ValueError(f"{written!r} is no telephone number, such as '+49 30 1234567'; write it in quotes")
    return written


class Contact(Section):
    """Who helps when the installation needs a hand."""

    name: Annotated[str, AfterValidator(one_line)] = Field(
        min_length=1, max_length=80, description="The person, or the desk, that is called.", examples=["Front desk"]
    )
    telephone: Annotated[str, AfterValidator(_telephone)] | None = Field(
        default=None, description="The number to call.", examples=["+49 30 1234567"]
    )
    language: Literal["en", "de", "fr"] = Field(
        default="en", description="The language in which the card for the wall is printed: en, de or fr."
    )


class PageSection(Section):
    """The page that shows the installation, and who may do what on it."""

    here: Literal["technician", "artist", "visitor"] = Field(
        default="technician",
        description="What whoever asks at the machine itself is without a token: technician, artist or visitor. With "
        "a screen that strangers touch it is to be visitor.",
    )
    artist_token_file: SecretPath | None = Field(
        default=None,
        description="A file whose one line makes whoever types it an artist; null: the credential `artist-token` of "
        "the service, if it has one.",
        examples=["artist-token"],
    )
    technician_token_file: SecretPath | None = Field(
        default=None,
        description="A file whose one line makes whoever types it a technician; null: the credential "
        "`technician-token` of the service, if it has one.",
        examples=["technician-token"],
    )
    hosts: Annotated[tuple[HostName, ...], Field(strict=False)] = Field(
        default=(),
        description="The names by which others reach the page; with any, no other name is answered. Addresses in "
        "figures and this machine's own name always are.",
        examples=[["music.example.org"]],
    )
    proxies: Annotated[tuple[Network, ...], Field(strict=False)] = Field(
        default=(),
        description="Where reverse proxies stand, which say for whom they ask.",
        examples=[["127.0.0.1"]],
    )
    role_header: Annotated[str, AfterValidator(_header)] | None = Field(
        default=None,
        description="A header in which a proxy names the role of whoever it has let in: artist or technician. It is "
        "believed from `proxies` only; null: no header is.",
        examples=["X-Reverie-Role"],
    )
    certificate: SecretPath | None = Field(
        default=None, description="The certificate for HTTPS, with its chain (PEM); null: the page speaks HTTP."
    )
    key: SecretPath | None = Field(default=None, description="The private key of the certificate (PEM).")
    monitoring: Annotated[tuple[Network, ...], Field(strict=False)] = Field(
        default=(),
        description="Networks that may read `/metrics` and `/status` without a token.",
        examples=[["192.168.7.0/24"]],
    )
    contact: Contact | None = Field(
        default=None,
        description="Who helps; it stands on the technician's page and on the card for the wall.",
        examples=[{"name": "Front desk", "telephone": "+49 30 1234567"}],
    )
    visitors: VisitorsSection = Field(
        default_factory=VisitorsSection,
        description="What visitors may do with the music, within which limits, and who of them when.",
        examples=[{"together": "queue", "allow": ["mood", "keep"]}],
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """A certificate has a key, and a header of roles somebody who may send it."""
        if (self.certificate is None) != (self.key is None):
            given, missing = ("key", "certificate") if self.certificate is None else ("certificate", "key")
            yield (given,), f"HTTPS needs both `certificate` and `key`, and here is no `{missing}`"
        if self.role_header is not None and not self.proxies:
            yield ("role_header",), "nobody is believed to name roles; `proxies` says which networks are"
