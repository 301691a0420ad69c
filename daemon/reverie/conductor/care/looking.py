"""The conductor looks again and again at what has no message of its own: silence, and work that never ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from reverie.conductor.care.sd_notify import watchdog_interval

log = logging.getLogger(__name__)


async def keep_looking(look: Callable[[], None], seconds: float) -> None:
    """Look every so many ``seconds``, and oftener if systemd is less patient; a look that fails is not the last."""
    interval = min(seconds, watchdog_interval() or seconds)
    while True:
        await asyncio.sleep(interval)
        try:
            look()
        except Exception:
            log.exception("The conductor made a mistake while it watched.")
