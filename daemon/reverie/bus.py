"""A bus for what happens: whoever does something tells it once, and does not know who hears it.

All of it is synchronous and of one thread: when :meth:`Bus.publish` returns, everybody has heard.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

log = logging.getLogger(__name__)

Event = TypeVar("Event")


class Bus:
    """Hands each event to those who subscribed to its class or to a class above it, in the order of subscription."""

    def __init__(self) -> None:
        self._subscribers: defaultdict[type, list[tuple[int, Callable[[Any], object]]]] = defaultdict(list)
        self._routes: dict[type, tuple[Callable[[Any], object], ...]] = {}
        self._count = 0

    def subscribe(self, event: type[Event], subscriber: Callable[[Event], object]) -> None:
        """Have ``subscriber`` called with every event of a class; with a base class, every event made of it."""
        self._count += 1
        self._subscribers[event].append((self._count, subscriber))
        self._routes.clear()

    def publish(self, event: object) -> None:
        """Tell everybody. A subscriber that raises is logged, and costs nobody else the event."""
        for subscriber in self._route(type(event)):
            try:
                subscriber(event)
            except Exception:
                log.exception("A part of Reverie made a mistake when it heard of %s.", type(event).__name__)

    def _route(self, event: type) -> tuple[Callable[[Any], object], ...]:
        if event not in self._routes:
            found = [one for base in event.__mro__ for one in self._subscribers.get(base, ())]
            self._routes[event] = tuple(subscriber for _, subscriber in sorted(found, key=lambda one: one[0]))
        return self._routes[event]
