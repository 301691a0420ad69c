"""How much each of many may do: so much a second, and a little more at first."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable

MOST = 1024
"""Those who are remembered; whoever comes after that many others begins anew."""
NETWORK = 64
"""Bits of an address of version 6 that belong to one network: its owner has all addresses in it."""


class Allowance:
    """A bucket for each key: ``burst`` at once, and ``rate`` a second from then on."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._spent: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> bool:
        """Take one, if there is one."""
        return self.wait(key, 0.0) is not None

    def wait(self, key: str, longest: float) -> float | None:
        """Take one, perhaps ahead of time: the seconds until it is there. None is taken if these are too many."""
        now = self._clock()
        spent, at = self._spent.pop(key, (0.0, now))
        spent = max(spent - (now - at) * self._rate, 0.0)
        seconds = max(spent + 1.0 - self._burst, 0.0) / self._rate
        granted = seconds <= longest
        self._spent[key] = spent + granted, now
        if len(self._spent) > MOST:
            del self._spent[next(iter(self._spent))]
        return seconds if granted else None


def neighbour(host: str) -> str:
    """By what somebody is counted: the address, or with version 6 the network, of which anybody has many addresses."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, NETWORK), strict=False))
