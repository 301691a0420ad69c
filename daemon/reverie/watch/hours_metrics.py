"""Figures of the opening hours."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge


class HoursMetrics:
    """Says in a registry whether it is open, and until when."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._open = Gauge("reverie_open", "Whether the installation is open, by its hours.", registry=registry)
        self._change = Gauge(
            "reverie_next_change_timestamp",
            "When it opens or closes next, in Unix time; 0 where it never does, or nobody knows.",
            registry=registry,
        )
        self.set(is_open=True, until=None)

    def set(self, *, is_open: bool, until: float | None) -> None:
        """It is open or closed until this Unix time, where that is known."""
        self._open.set(is_open)
        self._change.set(until or 0.0)
