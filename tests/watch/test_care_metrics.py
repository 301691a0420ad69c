"""What was done for the music without anybody asking is counted by the stage at which it was done."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from reverie.bus import Bus
from reverie.watch.care_metrics import CareMetrics
from reverie.watch.happenings import Moment, StageCured

NAME = "reverie_stage_cures_total"


def test_cures_are_counted_by_stage_and_a_stage_that_needed_none_stands_at_zero() -> None:
    registry, bus = CollectorRegistry(), Bus()
    CareMetrics(registry).subscribe_to(bus)
    for _ in range(2):
        bus.publish(StageCured(Moment(1.0, 2.0), "player", "It hangs.", "it begins another life"))
    assert registry.get_sample_value(NAME, {"stage": "player"}) == 2
    assert registry.get_sample_value(NAME, {"stage": "composer"}) == 0
