"""Figures on what tells people far away: its own failures are otherwise the ones of which nobody hears."""

from __future__ import annotations

import math
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge


class TellingMetrics:
    """Has the verdicts of health, counts messages and heartbeats, and says whether the broker is there."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._healthy = Gauge(
            "reverie_healthy",
            "Whether bars go out as they should (alive), and every slot can be heard (ready).",
            ["what"],
            registry=registry,
        )
        self._sent = Counter(
            "reverie_notices_sent_total", "Messages that a channel took.", ["channel"], registry=registry
        )
        self._waiting = Gauge(
            "reverie_notices_waiting", "Messages that a channel has not taken yet.", ["channel"], registry=registry
        )
        self._beats = Counter("reverie_heartbeats_total", "Heartbeats that were answered.", registry=registry)
        self._mqtt = Gauge(
            "reverie_mqtt_up", "Whether the MQTT broker is there; NaN where the site has none.", registry=registry
        )
        self._mqtt.set(math.nan)
        self._known: dict[str, int] = {}
        self._waited: frozenset[str] = frozenset()
        self._beaten = 0

    def verdicts_are(self, *, alive: bool, ready: bool) -> None:
        """What ``/healthz`` and ``/readyz`` say."""
        self._healthy.labels("alive").set(alive)
        self._healthy.labels("ready").set(ready)

    def notices_are(self, sent: Mapping[str, int], waiting: Mapping[str, int]) -> None:
        """So many messages were sent by each channel since the start, and wait for it.

        Of a channel that is named no more there is no figure any more: its last one would stand until the restart.
        """
        for gone in self._known.keys() - sent.keys():
            self._sent.remove(gone)
        for gone in self._waited - waiting.keys():
            self._waiting.remove(gone)
        for channel, count in sent.items():
            self._sent.labels(channel).inc(max(count - self._known.get(channel, 0), 0))
        self._known, self._waited = dict(sent), frozenset(waiting)
        for channel, count in waiting.items():
            self._waiting.labels(channel).set(count)

    def beats_are(self, count: int) -> None:
        """So many heartbeats were answered since the start."""
        self._beats.inc(max(count - self._beaten, 0))
        self._beaten = count

    def broker_is(self, *, up: bool | None) -> None:
        """Whether the MQTT broker is there; None: the site has none."""
        self._mqtt.set(math.nan if up is None else up)
