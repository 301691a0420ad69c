"""A mistake in what matters less keeps nothing from being done that comes after it."""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)


def in_any_case(part: Callable[[], object]) -> None:
    """Do something that must not keep what comes after it from being done."""
    try:
        part()
    except Exception:
        log.exception("A part of the conductor made a mistake; the music goes on.")
