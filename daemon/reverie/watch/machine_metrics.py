"""Figures of the machine for Prometheus: as many series from the first scrape to the last.

What the machine does not tell is NaN, for which no rule fires.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Gauge

from reverie.watch.machine_facts import RESTRAINTS, MachineFacts

FOLDERS = ("state", "tape")
WHEN = ("now", "since-start")
UNKNOWN = math.nan
DAY = 86_400.0


class MachineMetrics:
    """Has what was seen at the last look; all of it is unknown before the first."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, about: str, *labels: str) -> Gauge:
            return Gauge(f"reverie_machine_{name}", about, labels, registry=registry)

        self._heat = gauge("heat_celsius", "How hot the processor is, in degrees Celsius.")
        self._load = gauge("load", "How many processes wanted a processor in the last minute, as a mean.")
        self._memory = gauge("memory_available_bytes", "Memory that can be had without swapping.")
        self._memory_total = gauge("memory_bytes", "Memory that the machine has.")
        self._clock = gauge("clock_kept", "Whether a time service keeps the clock.")
        self._restrained = gauge(
            "restrained", "Whether the firmware holds the machine back, for want of power or for heat.", "what", "when"
        )
        self._worn = gauge("card_worn_ratio", "The share of its life that the built-in card has behind it.")
        self._reserve = gauge("card_reserve", "The card's spare blocks: 1 normal, 2 mostly used, 3 nearly all used.")
        self._total = gauge("disk_bytes", "Bytes of the disk where a folder lies.", "folder")
        self._full = gauge("disk_full_seconds", "Seconds until it is full, if it fills as it did lately.", "folder")
        self.facts_are(MachineFacts(), {})

    def facts_are(self, facts: MachineFacts, days_left: Mapping[str, float]) -> None:
        """This was seen at the last look; ``days_left`` are infinite for a disk that does not fill."""
        for gauge, value in (
            (self._heat, facts.heat),
            (self._load, facts.load),
            (self._memory, facts.memory),
            (self._memory_total, facts.memory_total),
            (self._clock, facts.clock_kept),
            (self._worn, facts.card_worn),
            (self._reserve, facts.card_reserve),
        ):
            gauge.set(_known(value))
        for what in RESTRAINTS:
            for when in WHEN:
                held = facts.restrained(what, since_start=when == WHEN[1])
                self._restrained.labels(what, when).set(_known(held))
        for folder in FOLDERS:
            room = facts.disks.get(folder)
            self._total.labels(folder).set(_known(room and room.total))
            days = days_left.get(folder)
            self._full.labels(folder).set(UNKNOWN if days is None else days * DAY)


def _known(value: float | None) -> float:
    return UNKNOWN if value is None else float(value)
