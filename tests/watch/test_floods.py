"""People are told of a flood while it lasts."""

from __future__ import annotations

from reverie.watch.fault_kinds import FaultKind, Severity
from reverie.watch.faults import Faults
from reverie.watch.floods import MANY, WITHIN, Flood

KIND = FaultKind("flood", Severity.NOTICE, "", "Too much comes.", "Keep it away")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_flood_is_told_once_and_taken_back_after_a_quiet_minute() -> None:
    clock, faults = Clock(), Faults()
    flood = Flood(faults, KIND, clock)
    for _ in range(MANY - 1):
        flood.count()
    assert faults.active == ()
    for _ in range(10 * MANY):
        flood.count()
    assert [fault.text for fault in faults.active] == ["Too much comes. Keep it away."]
    clock.now = WITHIN - 1
    flood.look()
    assert faults.active
    clock.now = WITHIN + 1
    flood.look()
    assert faults.active == ()


def test_a_little_too_much_now_and_then_is_no_flood() -> None:
    clock, faults = Clock(), Faults()
    flood = Flood(faults, KIND, clock)
    for _ in range(10 * MANY):
        flood.count()
        clock.now += 1.0
    assert faults.active == ()
