"""A feed for pages of which nothing is heard unless a test tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakes.hand_clock import HandClock
from reverie.web.event_stream import EventStream
from reverie.web.live_feed import LiveFeed


def quiet_feed(state: Mapping[str, Any] | None = None, events: EventStream | None = None) -> LiveFeed:
    """A feed with that public state, on a clock that stands still."""
    return LiveFeed(lambda: state or {}, HandClock(), events)
