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
from reverie.web.live_feed import LiveFeed


class Ear:
    def __init__(self, feed: LiveFeed) -> None:
        self._heard: list[WrittenEvent] = []
        feed.events.listen(self)

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
