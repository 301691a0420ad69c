"""What goes on beside the music begins again whenever it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from reverie.logs import ONCE

log = logging.getLogger(__name__)

GOES_ON = "it is tried again, and the music plays on."
"""How sentences end on what has failed beside the music."""
AGAIN = 10.0
"""Seconds until what has ended begins again."""


async def always(attend: Callable[[], Awaitable[object]], sentence: str) -> None:
    """Begin again whatever ends, until cancelled: a fault of it is no reason for silence.

    Args:
        attend: What is awaited, again and again.
        sentence: What is logged, with the exception, when it raises.
    """
    while True:
        try:
            await attend()
        except Exception:
            log.exception(sentence, extra=ONCE)
        await asyncio.sleep(AGAIN)


def lasting(services: Mapping[str, Callable[[], Awaitable[object]]]) -> list[Coroutine[Any, Any, None]]:
    """What goes on beside the music, each begun again by itself: by what is so while it does not run."""
    return [always(attend, f"{sentence} for now; {GOES_ON}") for sentence, attend in services.items()]
