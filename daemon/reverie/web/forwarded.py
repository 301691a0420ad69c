"""For whom a reverse proxy asks: what X-Forwarded-For, X-Forwarded-Proto and Forwarded (RFC 7239) say, if believed.

Anybody can send such headers, so they count only from the site's own proxies. From anybody else they are no word about
the asker, and a reason not to take it for a person at this machine.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from multidict import CIMultiDictProxy

Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
FOR, PROTO, FORWARDED = "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded"
_SIGNS = (FOR, PROTO, FORWARDED, "X-Forwarded-Host", "X-Real-IP", "Via")
_PAIR = re.compile(r"""\s*(for|proto)\s*=\s*(?:"([^"\\]*)"|([^\s;,"]*))\s*""", re.IGNORECASE)
_LOOPBACK = (ipaddress.IPv4Network("127.0.0.0/8"), ipaddress.IPv6Network("::1/128"))
_MOST = 16
"""Hops that are looked at."""


@dataclass(frozen=True, slots=True)
class AskedFrom:
    """Where a request comes from: ``address`` is empty where nobody trustworthy knows it.

    It is ``direct`` if no proxy seems to stand between, and ``by_proxy`` if one of the site's own has handed it on.
    """

    address: str
    direct: bool
    by_proxy: bool
    https: bool


def networks_of(written: Iterable[str]) -> Networks:
    """Networks of the site as values."""
    return tuple(ipaddress.ip_network(one) for one in written)


def within(address: str, networks: Networks) -> bool:
    """Whether an address is in one of the networks; what is none is in no network."""
    known = _address(address)
    return known is not None and any(known in network for network in networks)


def overlap_loopback(networks: Networks) -> bool:
    """Whether a program of this machine that asks at loopback may be in one of the networks."""
    return any(network.version == own.version and network.overlaps(own) for network in networks for own in _LOOPBACK)


def origin_of(peer: str, headers: CIMultiDictProxy[str], proxies: Networks) -> AskedFrom:
    """Where a request comes from that ``peer`` has sent."""
    direct = not any(sign in headers for sign in _SIGNS)
    if not within(peer, proxies):
        return AskedFrom(_figures(peer), direct, by_proxy=False, https=False)
    if FOR in headers and FORWARDED in headers:
        # A proxy writes one of them and may hand on the other as the asker wrote it: neither can be believed.
        return AskedFrom("", direct, by_proxy=True, https=False)
    if FORWARDED in headers:
        hops = [*_hops(headers.getall(FORWARDED))]
        address = _nearest([hop.get("for", "") for hop in hops], proxies)
        https = bool(hops) and hops[-1].get("proto", "").lower() == "https"
        return AskedFrom(address, direct, by_proxy=True, https=https)
    listed = [one.strip() for value in headers.getall(FOR, []) for one in value.split(",")]
    https = headers.getall(PROTO, [""])[-1].rpartition(",")[2].strip().lower() == "https"
    return AskedFrom(_nearest(listed, proxies) if listed else _figures(peer), direct, by_proxy=True, https=https)


def _nearest(hops: list[str], proxies: Networks) -> str:
    """The last of the addresses that is no proxy of the site: those before it may be invented."""
    for hop in reversed(hops[-_MOST:]):
        address = _figures(hop)
        if not address or not within(address, proxies):
            return address
    return ""


def _hops(values: Iterable[str]) -> Iterator[dict[str, str]]:
    for value in values:
        for element in value.split(","):
            yield {
                pair[1].lower(): pair[2] or pair[3] or "" for pair in map(_PAIR.fullmatch, element.split(";")) if pair
            }


def _figures(written: str) -> str:
    """The address alone, as figures: without a port, brackets or zone; empty if it is none."""
    known = _address(written)
    return "" if known is None else str(known)


def _address(written: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    bare = written.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        known = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        return known.ipv4_mapped
    return known
