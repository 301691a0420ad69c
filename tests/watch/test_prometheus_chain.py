"""Figures, Prometheus, Alertmanager, a person: each alert of the project fires for what it is for, and is over with it.

All of it is real but for the time: what must last for minutes lasts for seconds here, by the same expressions.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from fakes.daemon import PADS, Daemon
from fakes.jack import Jack, Receiver, wait_until
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


SYMPTOMS = (
    "ReverieSilent",
    "ReverieInaudible",
    "ReverieSlotDown",
    "ReverieComposesNothing",
    "ReverieLeaderGone",
    "ReverieConfigurationRefused",
    "ReverieDiskFull",
    "ReverieClockWrong",
)
"""What can go wrong beside faults, each called like the alert that is for it."""
COUNTED = ("ReverieCrashLoop", "ReverieWorkerCrashLoop", "ReverieLate")
"""The same, of what is counted over a while, so that it is over only after that while."""
UNKNOWN = "of-another-version"
OF_FIGURES = {
    "nothing-heard", "slot-missing", "leader-missing", "crash-loop", "configuration", "configuration-changed",
    "model-unusable", "scene-broken", "scene-unmet",
}  # fmt: skip
"""The faults for which nobody is called: alerts that go by figures call for the same."""


def called_for(wrong: str) -> set[str]:
    """The alerts that something wrong, a symptom or the id of a fault, is to raise."""
    if wrong in {"state-unwritable", "tape-unwritable"}:
        return {"ReverieStateUnwritable"}
    if wrong in {*SYMPTOMS, *COUNTED}:
        return {wrong}
    if wrong == UNKNOWN:
        return {"ReverieFault"}
    return set() if wrong in OF_FIGURES else {f"ReverieFault{wrong.title().replace('-', '')}"}


def rounds(things: Sequence[str]) -> Iterator[frozenset[str]]:
    """Half of all at a time, by the digits of their numbers: no two are wrong in the same rounds, and none in no round.

    So an alert that calls for another thing than its own calls in a round in which it should not.
    """
    for digit in range(len(things).bit_length()):
        yield frozenset(one for number, one in enumerate(things, 1) if number >> digit & 1)


class Installation:
    """The figures of a box that plays, in which everything can go wrong."""

    def __init__(self) -> None:
        self.clock = OffsetClock()
        self.metrics = Metrics("0", "numpy", self.clock)
        self._bus = Bus()
        self.metrics.subscribe_to(self._bus)
        self.wrong: frozenset[str] = frozenset()
        self.muted = False
        self._over = threading.Event()
        self._playing = threading.Thread(target=self._play, daemon=True)
        self.metrics.lives_are(1, 0)
        self.suffer()
        self._playing.start()

    def suffer(self, *wrong: str) -> None:
        """From now on this is wrong, and all else is well: symptoms, and faults by their ids."""
        self.wrong = frozenset(wrong)
        well = {one: one not in self.wrong for one in SYMPTOMS}
        if not well["ReverieComposesNothing"]:
            self.clock.later += 4000.0
        elif not well["ReverieSilent"]:
            self.clock.later += 400.0
        self.clock.wrong = 0.0 if well["ReverieClockWrong"] else -1e6
        self._go_on()
        self.metrics.heard(audible=well["ReverieInaudible"])
        self.metrics.configuration(ok=well["ReverieConfigurationRefused"])
        self.metrics.room_is({"state": 9e9 if well["ReverieDiskFull"] else 1e6, "tape": 9e9})
        self.metrics.slot_changed(SlotState("main", up=well["ReverieSlotDown"], detail=""))
        self.metrics.sync_changed(SyncState("clock", following=well["ReverieLeaderGone"], detail=""))
        faults = self.wrong.difference(SYMPTOMS, COUNTED)
        self.metrics.faults_are(Fault(one, "x", "It is wrong", "", Severity.NOTICE) for one in faults)

    def stop(self) -> None:
        self._over.set()
        self._playing.join()

    def _play(self) -> None:
        while not self._over.wait(1.0):
            self._go_on()

    def _go_on(self) -> None:
        """What is counted goes on; what goes wrong goes wrong again and again."""
        if "ReverieComposesNothing" not in self.wrong:
            self.metrics.loop_composed("lead", "continue", 0.1, self.clock.wall())
        if "ReverieCrashLoop" in self.wrong:
            self.metrics.lives_are(1, 1)
        if "ReverieWorkerCrashLoop" in self.wrong:
            self.metrics.worker_died("composer", "hang")
        silent, late = self.muted or "ReverieSilent" in self.wrong, "ReverieLate" in self.wrong
        self._bar(sent=0 if silent else 4, skipped=int(late), muted=("lead",) if self.muted else ())

    def _bar(self, **fields: Any) -> None:
        defaults: dict[str, Any] = {
            "epoch": 1,
            "scene": "first-light",
            "bar": 0,
            "scene_bar": 0,
            "resting": False,
            "notes": {"lead": 4},
            "lateness": (),
            "due": 4,
            "repeated": ("lead",) if "ReverieComposesNothing" in self.wrong else (),
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


def assert_calls(chain: Chain, alerts: set[str]) -> None:
    """These alerts call, and no expression of another one holds; what called before is over."""
    with contextlib.suppress(AssertionError):
        wait_until(lambda: chain.sink.now == alerts and chain.prometheus.stirring() == alerts, LONG)
    assert (chain.sink.now, chain.prometheus.stirring()) == (alerts, alerts)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_each_alert_calls_for_what_it_is_for_alone_and_is_over_with_it(chain: Chain) -> None:
    every = alerts("rules.yaml", "faults.yaml")
    wait_until(lambda: bool(chain.prometheus.query("count_over_time(reverie_audible[1h]) > 10")), LONG)
    assert chain.sink.fired == {}, "all is well"

    at_once = [*SYMPTOMS, *(kind.id for kind in KINDS), UNKNOWN]
    for wrong in (*rounds(at_once), *([one] for one in COUNTED)):
        chain.installation.suffer(*wrong)
        assert_calls(chain, {alert for one in wrong for alert in called_for(one)})
    chain.installation.suffer()
    assert_calls(chain, set())

    chain.installation.muted = True
    chain.installation.suffer("ReverieSilent")
    assert_calls(chain, {"ReverieMuted"})
    chain.installation.muted = False
    chain.installation.suffer()
    assert_calls(chain, set())

    chain.exporter.stop()
    wait_until(lambda: chain.sink.now == {"ReverieAway"}, LONG)
    chain.exporter.start()
    assert_calls(chain, set())
    assert set(chain.sink.fired) == every
    assert chain.sink.resolved == every
    assert [name for name, told in chain.sink.fired.items() if not told["advice"] or "{{" in told["summary"]] == []


@pytest.mark.slow
@pytest.mark.whole
def test_a_real_daemon_without_its_device_calls_until_it_comes_and_one_that_was_killed_is_missed(
    jack: Jack, tmp_path: Path
) -> None:
    sink = AlertSink()
    daemon = Daemon(tmp_path / "box", {"main": {"kind": "port", "match": "^synth:", "api": "jack"}}, PADS).start()
    (tmp_path / "prometheus").mkdir()
    prometheus: Prometheus | None = None
    synth: Receiver | None = None
    try:
        daemon.wait_for_bars(2)
        prometheus = Prometheus(tmp_path / "prometheus", daemon.port, sink)
        wait_until(lambda: {"ReverieInaudible", "ReverieSlotDown"} <= sink.now, LONG)
        assert sink.fired["ReverieSlotDown"]["summary"].startswith("Slot main of 127.0.0.1:")
        synth = Receiver("synth")
        wait_until(lambda: {"ReverieInaudible", "ReverieSlotDown"} <= sink.resolved, LONG)
        assert not {"ReverieInaudible", "ReverieSlotDown"} & sink.now
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
        if synth is not None:
            synth.close()
        sink.stop()


def test_no_two_things_are_wrong_in_the_same_rounds() -> None:
    things = [f"thing {number}" for number in range(70)]
    by = list(rounds(things))
    signs = [tuple(one in some for some in by) for one in things]
    assert len({*signs}) == len(things)
    assert all(any(sign) for sign in signs)


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
