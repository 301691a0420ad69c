"""Network addresses, networks and names of machines, as far as a look at them can tell whether they are some."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z_](?:[a-z0-9_-]*[a-z0-9_])?\.?", re.IGNORECASE)
"""A name whose last part begins with a letter, as those of hosts do: digits would be an address (RFC 1123, 2.1)."""

_FOREIGN = re.compile(r"[^A-Za-z0-9_.-]")
"""What no name of a machine has, once it is in letters that the network has."""


def _address(written: str) -> str:
    if not _HOST.fullmatch(written):
        try:
            ipaddress.ip_address(written)
        except ValueError:
            raise ValueError(
                f"{written!r} is no network address, such as 127.0.0.1 for this machine alone or 0.0.0.0 for every "
                "network; a port has a key of its own"
            ) from None
    return written


Address = Annotated[str, AfterValidator(_address)]
"""An address to listen at: in figures, or the name of this machine."""


def _network(written: str) -> str:
    try:
        ipaddress.ip_network(written)
    except ValueError:
        raise ValueError(
            f"{written!r} is no network, such as 192.168.1.0/24 or 127.0.0.1; behind the address of a network come as "
            "many zeros as its machines have bits"
        ) from None
    return written


def _name(written: str) -> str:
    if not _HOST.fullmatch(written):
        raise ValueError(
            f"{written!r} is no name of a machine, such as music.example.org; a port, a path and https:// have no "
            "place here, and addresses in figures are answered anyway"
        )
    return written


def _machine(written: str) -> str:
    try:
        ipaddress.ip_address(written)
    except ValueError:
        try:
            told = written.encode("idna").decode("ascii")
        except UnicodeError:  # an empty part, or one of more than 63 characters
            told = ""
        if not told or _FOREIGN.search(told):
            raise ValueError(
                f"{written!r} is no name or address of a machine, such as broker.local or 192.168.1.5; a port, a path "
                "and mqtt:// have no place here"
            ) from None
    return written


Network = Annotated[str, AfterValidator(_network)]
"""A network in figures, or one machine of it."""
HostName = Annotated[str, AfterValidator(_name)]
"""A name by which others reach this machine."""
Machine = Annotated[str, AfterValidator(_machine)]
"""A name or an address by which another machine is asked for; whether it is there is not looked at."""


def page_address(address: str, port: int, scheme: str = "http") -> str:
    """What a browser on this machine opens, where the page is served at ``address``."""
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(address).is_unspecified:
            address = "127.0.0.1" if ipaddress.ip_address(address).version == 4 else "::1"  # noqa: PLR2004
    return f"{scheme}://[{address}]:{port}" if ":" in address else f"{scheme}://{address}:{port}"
