"""Figures, Prometheus, Alertmanager, a person: each alert of the project fires for what it is for, and is over with it.

All of it is real but for the time: what must last for minutes lasts for seconds here, by the same expressions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from fakes.daemon import PADS, Daemon
from fakes.jack import wait_until
from fakes.prometheus import FOLDER, AlertSink, Exporter, OffsetClock, Prometheus
from reverie.bus import Bus
from reverie.play.messages import BarPlayed, SlotState, SyncState
from reverie.watch.fault_kinds import KINDS, Severity
from reverie.watch.faults import Fault
from reverie.watch.happenings import BarSounded, Moment
from reverie.watch.metrics import Metrics

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]

LONG = 240.0


def alerts(*names: str) -> set[str]:
    return {
        rule["alert"] for name in names for rule in yaml.safe_load((FOLDER / name).read_text())["groups"][0]["rules"]
    }


class Installation:
    """The figures of a box that plays, in which everything can go wrong at once."""

    def __init__(self) -> None:
        self.clock = OffsetClock()
        self.metrics = Metrics("0", "numpy", self.clock)
        self._bus = Bus()
        self.metrics.subscribe_to(self._bus)
        self.wrong = self.muted = False
        self._over = threading.Event()
        self._playing = threading.Thread(target=self._play, daemon=True)
        self.metrics.lives_are(1, 0)
        self.be_well()
        self._playing.start()

    def be_well(self) -> None:
        self.wrong = False
        self.clock.later = self.clock.wrong = 0.0
        self.metrics.heard(audible=True)
        self.metrics.configuration(ok=True)
        self.metrics.room_is({"state": 9e9, "tape": 9e9})
        self.metrics.slot_changed(SlotState("main", up=True, detail=""))
        self.metrics.sync_changed(SyncState("clock", following=True, detail=""))
        self.metrics.faults_are(())
        self._bar(sent=4)
        self.metrics.loop_composed("lead", "continue", 0.1, self.clock.wall())

    def go_wrong(self) -> None:
        self.wrong = True
        self.clock.later, self.clock.wrong = 4000.0, -1e6
        self.metrics.heard(audible=False)
        self.metrics.configuration(ok=False)
        self.metrics.room_is({"state": 1e6, "tape": 9e9})
        self.metrics.slot_changed(SlotState("main", up=False, detail=""))
        self.metrics.sync_changed(SyncState("clock", following=False, detail=""))
        ids = [*(kind.id for kind in KINDS), "of-another-version"]
        self.metrics.faults_are(Fault(one, "x", "It is wrong", "", Severity.NOTICE) for one in ids)

    def stop(self) -> None:
        self._over.set()
        self._playing.join()

    def _play(self) -> None:
        """What is counted goes on; what goes wrong goes wrong again and again."""
        while not self._over.wait(1.0):
            if self.wrong:
                self._bar(sent=0, skipped=1)
                self.metrics.worker_died("composer", "hang")
                self.metrics.lives_are(1, 1)
            elif self.muted:
                self._bar(sent=0, muted=("lead",))
            else:
                self._bar(sent=4)

    def _bar(self, **fields: Any) -> None:
        defaults: dict[str, Any] = {
            "epoch": 1,
            "scene": "first-light",
            "bar": 0,
            "scene_bar": 0,
            "resting": False,
            "notes": {"lead": 4},
            "lateness": (),
            "repeated": (),
            "depth": {"lead": 1},
        }
        self._bus.publish(BarSounded(Moment.of(self.clock), BarPlayed(**(defaults | fields))))


@dataclass
class Chain:
    """All of it, running."""

    installation: Installation
    exporter: Exporter
    prometheus: Prometheus
    sink: AlertSink


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    installation, sink = Installation(), AlertSink()
    exporter = Exporter(installation.metrics)
    prometheus = Prometheus(tmp_path, exporter.port, sink)
    yield Chain(installation, exporter, prometheus, sink)
    prometheus.stop()
    exporter.stop()
    installation.stop()
    sink.stop()


@pytest.mark.slow
def test_each_alert_calls_for_what_it_is_for_and_is_over_with_it(chain: Chain) -> None:
    every = alerts("rules.yaml", "faults.yaml")
    wait_until(lambda: bool(chain.prometheus.query("count_over_time(reverie_audible[1h]) > 10")), LONG)
    assert chain.sink.fired == {}, "all is well"

    chain.installation.go_wrong()
    wait_until(lambda: chain.sink.now == every - {"ReverieAway", "ReverieMuted"}, LONG)
    chain.installation.be_well()
    wait_until(lambda: not chain.sink.now, LONG)

    chain.installation.muted = True
    wait_until(lambda: chain.sink.now == {"ReverieMuted"}, LONG)
    chain.installation.muted = False
    wait_until(lambda: not chain.sink.now, LONG)

    chain.exporter.stop()
    wait_until(lambda: chain.sink.now == {"ReverieAway"}, LONG)
    chain.exporter.start()
    wait_until(lambda: not chain.sink.now, LONG)
    assert set(chain.sink.fired) == every
    assert chain.sink.resolved == every
    assert [name for name, told in chain.sink.fired.items() if not told["advice"] or "{{" in told["summary"]] == []


@pytest.mark.slow
@pytest.mark.whole
def test_a_real_daemon_without_its_device_calls_and_one_that_was_killed_is_missed(tmp_path: Path) -> None:
    sink = AlertSink()
    daemon = Daemon(tmp_path / "box", {"main": {"kind": "port", "match": "^nowhere:"}}, PADS).start()
    (tmp_path / "prometheus").mkdir()
    prometheus: Prometheus | None = None
    try:
        daemon.wait_for_bars(2)
        prometheus = Prometheus(tmp_path / "prometheus", daemon.port, sink)
        wait_until(lambda: {"ReverieInaudible", "ReverieSlotDown"} <= sink.now, LONG)
        assert sink.fired["ReverieSlotDown"]["summary"].startswith("Slot main of 127.0.0.1:")
        (daemon.folder / "scenes" / "pads.yaml").write_text("name: pads\ntempo: fast\n")
        wait_until(lambda: "ReverieConfigurationRefused" in sink.now, LONG)
        (daemon.folder / "scenes" / "pads.yaml").write_text(PADS)
        wait_until(lambda: "ReverieConfigurationRefused" in sink.resolved, LONG)
        daemon.kill()
        wait_until(lambda: "ReverieAway" in sink.now, LONG)
        daemon.start()
        wait_until(lambda: "ReverieAway" in sink.resolved, LONG)
    finally:
        daemon.kill()
        if prometheus is not None:
            prometheus.stop()
        sink.stop()


def waits(path: Path) -> list[str]:
    return [rule["for"] for rule in yaml.safe_load(path.read_text())["groups"][0]["rules"] if "for" in rule]


def test_the_hurry_of_these_tests_changes_nothing_but_times() -> None:
    from fakes.prometheus import HURRY, hurried

    for name in ("rules.yaml", "faults.yaml"):
        before = yaml.safe_load((FOLDER / name).read_text())["groups"][0]["rules"]
        after = yaml.safe_load(hurried((FOLDER / name).read_text()))["groups"][0]["rules"]
        assert set(waits(FOLDER / name)) <= HURRY.keys()
        keep: Callable[[dict[str, Any]], str] = lambda rule: rule["expr"].replace("[15m]", "[20s]")  # noqa: E731
        assert [keep(rule) for rule in before] == [rule["expr"] for rule in after]
