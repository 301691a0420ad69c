"""What pages are told: each bar once as it begins, and the state when it is another."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from fakes.hand_clock import HandClock
from fakes.playing import place, scene, steps
from reverie.bus import Bus
from reverie.play.messages import BarBegun, SetOverrides, Setup, ToPlayer
from reverie.watch.happenings import BarEntered, Moment, PanicCalled, PlayerTold, WorkerDied
from reverie.web.event_stream import WrittenEvent
from reverie.web.live_feed import LINGER, LiveFeed


class Ear:
    def __init__(self, feed: LiveFeed) -> None:
        self._heard: list[WrittenEvent] = []
        self.leave = feed.events.listen(self)

    def hear(self, event: WrittenEvent) -> None:
        self._heard.append(event)

    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        lines = [event.plain.decode().split("\n") for event in self._heard]
        self._heard.clear()
        return [(line[1].removeprefix("event: "), json.loads(line[2].removeprefix("data: "))) for line in lines]


class Stage:
    """A feed that hears of a player by the bus."""

    def __init__(self) -> None:
        self.clock, self.bus = HandClock(), Bus()
        self.state: dict[str, Any] = {"bar": None}
        self.feed = LiveFeed(lambda: dict(self.state), self.clock)
        self.feed.subscribe_to(self.bus)
        self.ear = Ear(self.feed)
        self.told = 0

    def tell(self, *messages: ToPlayer) -> None:
        for message in messages:
            self.told = 0 if isinstance(message, Setup) else self.told + 1
            self.bus.publish(PlayerTold(Moment.of(self.clock), message))

    def begin(self, bar: int, begins: float) -> None:
        begun = BarBegun(1, "one", bar, bar, begins, 2.0, resting=False, heard=self.told)
        self.bus.publish(BarEntered(Moment.of(self.clock), begun))


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.tell(Setup({}, "", ""), scene(), place(steps(60)))
    return stage


def test_a_bar_is_told_as_it_begins_with_those_to_come(stage: Stage) -> None:
    stage.begin(0, 999.9)
    [(kind, bar)] = stage.ear.heard()
    assert (kind, bar["bar"], bar["begins"], bar["seconds"], bar["exact"]) == ("bar", 0, 999.9, 2.0, True)
    assert bar["notes"] == [["lead", 0, 60, 100, 120]]
    assert [one["begins"] for one in bar["ahead"]] == pytest.approx([1001.9, 1003.9, 1005.9, 1007.9])
    stage.feed.flush()
    assert [kind for kind, _ in stage.ear.heard()] == ["now"], "the bar is told once"
    stage.feed.flush()
    assert stage.ear.heard() == []


def test_while_nobody_listens_nothing_is_written_and_whoever_comes_hears_how_it_is() -> None:
    clock, bus, asked = HandClock(), Bus(), list[int]()
    feed = LiveFeed(lambda: {"bar": asked.append(1)}, clock)
    feed.subscribe_to(bus)
    for message in (Setup({}, "", ""), scene(), place(steps(60))):
        bus.publish(PlayerTold(Moment.of(clock), message))
    for bar in range(3):
        bus.publish(BarEntered(Moment.of(clock), BarBegun(1, "one", bar, bar, 1000.0 + 2 * bar, 2.0, False, heard=2)))
    assert not asked
    assert feed.events.last_id.endswith("-0")
    bar, now = (json.loads(event.plain.decode().split("\n")[2].removeprefix("data: ")) for event in feed.latest)
    assert (bar["bar"], now) == (2, {"bar": None})
    missed = feed.missed(feed.events.last_id)
    assert missed == [], "nothing has changed since"


def test_a_bar_that_goes_on_otherwise_is_told_again_under_its_number(stage: Stage) -> None:
    stage.begin(0, 1000.0)
    stage.feed.flush()
    stage.ear.heard()
    stage.tell(SetOverrides(muted=("lead",)))
    stage.feed.flush()
    [(_, bar)] = stage.ear.heard()
    assert (bar["bar"], bar["muted"], [one["notes"] for one in bar["ahead"]]) == (0, ["lead"], [[], [], [], []])


def test_a_new_player_begins_anew(stage: Stage) -> None:
    stage.begin(0, 1000.0)
    stage.bus.publish(WorkerDied(Moment.of(stage.clock), "player", "signal", "It died.", 0.0))
    assert stage.feed.bar() is None
    stage.tell(Setup({}, "", ""), scene(), place(steps(62)))
    stage.begin(0, 1010.0)
    bar = stage.feed.bar()
    assert bar is not None
    assert bar["notes"] == [["lead", 0, 62, 100, 120]]


def test_a_state_that_cannot_be_told_costs_nothing_else(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    feed = LiveFeed(lambda: 1 / 0, stage.clock)  # type: ignore[arg-type,return-value]
    feed.flush()
    assert "music plays on" in caplog.text


async def test_what_changes_often_is_gathered(stage: Stage) -> None:
    attending = asyncio.create_task(stage.feed.attend())
    for n in range(50):
        stage.state["bar"] = n
        stage.bus.publish(PanicCalled(Moment.of(stage.clock)))
        await asyncio.sleep(0)
    await asyncio.sleep(0.3)
    attending.cancel()
    told = [state["bar"] for _, state in stage.ear.heard()]
    assert told[-1] == 49
    assert len(told) < 10


def bars_of(events: list[WrittenEvent]) -> list[int]:
    lines = [event.plain.decode().split("\n") for event in events]
    return [json.loads(line[2].removeprefix("data: "))["bar"] for line in lines if line[1] == "event: bar"]


def test_the_only_listener_whose_line_was_cut_gets_the_bars_between(stage: Stage) -> None:
    stage.begin(0, 1000.0)
    heard = stage.feed.events.last_id
    stage.ear.leave()
    for bar in range(1, 5):
        stage.clock.go(2.0)
        stage.begin(bar, 1000.0 + 2 * bar)
    missed = stage.feed.missed(heard)
    assert missed is not None
    assert bars_of(missed) == [1, 2, 3, 4]


def test_who_comes_back_after_half_a_minute_begins_anew(stage: Stage) -> None:
    stage.begin(0, 1000.0)
    heard = stage.feed.events.last_id
    stage.ear.leave()
    stage.clock.go(LINGER + 1)
    last = stage.feed.events.last_id
    stage.begin(1, 1002.0)
    assert stage.feed.events.last_id == last, "nobody is there any more for whom to write"
    assert stage.feed.missed(heard) is None
    assert bars_of([*stage.feed.latest]) == [1]


def test_who_was_away_for_long_begins_anew_though_another_came_first(stage: Stage) -> None:
    """The bars between were never written, whoever listens since."""
    stage.begin(0, 1000.0)
    heard = stage.feed.events.last_id
    stage.ear.leave()
    stage.clock.go(LINGER + 1)
    stage.begin(1, 1002.0)
    assert bars_of([*stage.feed.latest]) == [1]
    Ear(stage.feed)
    stage.begin(2, 1004.0)
    assert stage.feed.missed(heard) is None
