"""Waiting for the end of what has no end of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Any

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
