"""What was done for the music without anybody asking, as figures for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter

from reverie.bus import Bus
from reverie.watch.happenings import StageCured
from reverie.watch.stage_heartbeat import BEATING


class CareMetrics:
    """Counts cures, in a registry of metrics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._cures = Counter(
            "reverie_stage_cures_total",
            "How often something was done because the heartbeat stayed out, by the stage at which it did.",
            ["stage"],
            registry=registry,
        )
        for stage in BEATING:  # or Prometheus would not see the first of them as an increase
            self._cures.labels(stage)

    def subscribe_to(self, bus: Bus) -> None:
        """Count what is done from now on."""
        bus.subscribe(StageCured, lambda said: self._cures.labels(said.stage).inc())
