"""File descriptors: how to wait for them, and how many there may be.

Whoever connects to the daemon costs it descriptors, and ``select`` fails at every number from 1,024 on. So processes
wait by ``poll``, and the daemon asks the system for as many descriptors as it may have.
"""

from __future__ import annotations

import contextlib
import resource
import select
import time
from collections.abc import Iterable
from typing import Protocol, TypeVar

MOST = 65_536
"""Descriptors that the daemon asks for at most; systemd's hard limit may be a billion."""
SELECTABLE = 1024
"""Numbers that ``select`` takes (FD_SETSIZE)."""


class HasFileno(Protocol):
    """What has a descriptor."""

    def fileno(self) -> int:
        """The descriptor's number."""
        ...


Source = TypeVar("Source", bound=int | HasFileno)


def readable(sources: Iterable[Source], seconds: float | None) -> list[Source]:
    """Those of the sources that can be read, or are at their end, after ``seconds`` at the latest; None: for ever.

    ``poll`` counts whole milliseconds, and a note would come a millisecond late: what is left of one is waited for by
    ``select``, which counts microseconds.
    """
    known = {source if isinstance(source, int) else source.fileno(): source for source in sources}
    deadline = None if seconds is None else time.monotonic() + max(seconds, 0.0)
    poll = select.poll()
    for number in known:
        poll.register(number, select.POLLIN)
    found = poll.poll(None if seconds is None else int(max(seconds, 0.0) * 1000))
    if not found and deadline is not None and (left := deadline - time.monotonic()) > 0:
        low = [number for number in known if number < SELECTABLE]
        ready, _, _ = select.select(low, [], [], left)
        return [known[number] for number in ready]
    return [known[number] for number, _ in found]


def writable(descriptor: int) -> bool:
    """Whether a descriptor takes something now."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return any(event & select.POLLOUT for _, event in poll.poll(0))


def ask_for_many() -> None:
    """Raise the limit of descriptors to what the system allows, for this process and those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # macOS allows less than its hard limit says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def limit() -> int:
    """How many descriptors this process may have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else min(soft, MOST)
