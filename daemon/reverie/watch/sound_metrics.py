"""How loud it is, as figures for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from reverie.bus import Bus
from reverie.play.messages import BarPlayed
from reverie.watch.happenings import BarSounded, SoundMeasured


class SoundGauges:
    """Has what those who listen make of the sound, and whether people want none, in a registry of metrics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._level = Gauge(
            "reverie_sound_level_dbfs",
            "How loud it is, by who hears it: the slot whose own output is listened to, or the monitor.",
            ["listener"],
            registry=registry,
        )
        self._heard = Gauge(
            "reverie_sound_heard",
            "Whether the notes that were sent last are heard; absent as long as nobody can tell.",
            ["listener"],
            registry=registry,
        )
        self._muted = Gauge(
            "reverie_muted", "Whether people have muted every voice that the scene has.", registry=registry
        )

    def subscribe_to(self, bus: Bus) -> None:
        """Have what is told from now on."""
        bus.subscribe(SoundMeasured, self._measured)
        bus.subscribe(BarSounded, lambda said: self._muted.set(_all_muted(said.bar)))

    def _measured(self, said: SoundMeasured) -> None:
        self._level.clear()
        self._heard.clear()
        for name, one in said.sounds.items():
            if one.dbfs is not None:
                self._level.labels(name).set(one.dbfs)
            if one.heard is not None and one.up:
                self._heard.labels(name).set(one.heard)


def _all_muted(bar: BarPlayed) -> bool:
    return bool(bar.notes) and set(bar.notes) <= set(bar.muted)
