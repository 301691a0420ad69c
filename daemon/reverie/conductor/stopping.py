"""Waiting for the end of what has no end of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Any

from reverie.bus import Bus
from reverie.watch.happenings import BarSounded

log = logging.getLogger(__name__)


async def until(stop: asyncio.Event, seconds: float | None, endless: Collection[asyncio.Task[Any]]) -> None:
    """Wait until ``stop`` is set, or ``seconds`` are over.

    Raises:
        RuntimeError: if one of the ``endless`` tasks ended first; its own exception is the cause.
    """
    stopped = asyncio.create_task(stop.wait())
    try:
        ended, _ = await asyncio.wait((stopped, *endless), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
    if not ended:
        log.info("The time that was asked for is over.")
    elif stopped not in ended:
        raise RuntimeError("a part of the conductor ended by itself") from next(iter(ended)).exception()


class BarCountdown:
    """Calls ``stop`` once so many bars have been played, rests included."""

    def __init__(self, bars: int, stop: Callable[[], None]) -> None:
        self._left = bars
        self._stop = stop

    def subscribe_to(self, bus: Bus) -> None:
        """Count the bars that this bus tells of."""
        bus.subscribe(BarSounded, self._bar_sounded)

    def _bar_sounded(self, _event: BarSounded) -> None:
        self._left -= 1
        if self._left == 0:
            log.info("The bars that were asked for are over.")
            self._stop()
