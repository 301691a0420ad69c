"""Workers begin another life before they grow old or large, at a moment at which nobody misses them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.conductors import FakeWorker, Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.bus import Bus
from reverie.conductor.care.recycling import Recyclable, Recycling
from reverie.conductor.hours.hours_rules import HoursRules
from reverie.conductor.hours.opening_hours import OpeningHours
from reverie.site.days_written import DaySpan
from reverie.site.supervision_section import MEGABYTE, MemoryLimits, SupervisionSection
from reverie.watch.happenings import Moment, RecycleWanted, WorkerRecycled, WorkerStarted

HOUR = 3600.0


class Deaf:
    """Hears of a worker, and does nothing."""

    def started(self, role: str) -> None: ...

    def received(self, role: str, message: object) -> None: ...

    def died(self, role: str, death: object, delay: float) -> None: ...


class House:
    """A composer that owes an answer, or does not, and a player that rests, or does not."""

    def __init__(self, settings: SupervisionSection | None = None) -> None:
        self.clock, self.bus = HandClock(), Bus()
        self.idle, self.rests = False, False
        self.composer, self.player = FakeWorker("composer", Deaf()), FakeWorker("player", Deaf())
        self.recycling = Recycling(
            settings or SupervisionSection(),
            {
                "composer": Recyclable(self.composer, lambda: self.idle),
                "player": Recyclable(self.player, lambda: self.rests),
            },
            self.clock,
            self.bus,
        )
        self.told: list[WorkerRecycled] = []
        self.bus.subscribe(WorkerRecycled, self.told.append)
        self.recycling.subscribe_to(self.bus)
        for role in ("composer", "player"):
            self.start(role)

    def start(self, role: str) -> None:
        self.bus.publish(WorkerStarted(Moment.of(self.clock), role))

    def go(self, seconds: float) -> None:
        self.clock.go(seconds)
        self.recycling.look()


def test_an_old_composer_goes_once_it_owes_nothing_and_an_old_player_once_it_rests() -> None:
    house = House()
    house.go(23 * HOUR)
    assert house.told == []
    house.go(2 * HOUR)
    assert house.told == [], "it is asked for a loop, and the music sounds"
    house.idle = True
    house.go(1)
    assert house.composer.recycled == ["The composer begins another life: it has lived for 25 hours."]
    assert house.player.recycled == []
    house.rests = True
    house.go(1)
    assert len(house.player.recycled) == 1


def test_a_new_life_is_young(tmp_path: Path) -> None:
    house = House()
    house.idle = True
    house.go(25 * HOUR)
    house.start("composer")
    house.go(HOUR)
    assert len(house.composer.recycled) == 1


def test_where_no_age_is_set_nobody_grows_old() -> None:
    house = House(SupervisionSection(recycle_hours=None))
    house.idle = house.rests = True
    house.go(10_000 * HOUR)
    assert house.told == []


def test_a_composer_that_eats_memory_goes_when_it_owes_nothing_or_at_a_bar_line_all_the_same() -> None:
    house = House(SupervisionSection(memory=MemoryLimits(composer=300)))
    house.composer.size = 301 * MEGABYTE
    house.go(61)
    assert house.told == []
    house.recycling._bar_over()
    [sentence] = house.composer.recycled
    assert sentence == "The composer begins another life: it takes 301 MB of memory, and may take 300."


def test_what_a_scene_needs_at_once_is_not_taken_for_growth() -> None:
    house = House(SupervisionSection(memory=MemoryLimits(composer=300)))
    house.composer.size = 301 * MEGABYTE
    house.idle = True
    house.go(59)
    assert house.told == []


def test_whoever_knows_a_good_moment_asks_for_it_on_the_bus() -> None:
    house = House()
    house.bus.publish(RecycleWanted(Moment.of(house.clock), "player", "the house is closed"))
    house.bus.publish(RecycleWanted(Moment.of(house.clock), "nobody", "the house is closed"))
    house.go(1)
    assert house.told == []
    house.rests = True
    house.go(1)
    assert house.player.recycled == ["The player begins another life: the house is closed."]


@pytest.mark.parametrize("role", ["composer", "player"])
def test_the_conductor_knows_the_moments_itself(tmp_path: Path, role: str) -> None:
    theatre = Theatre(tmp_path, {"study": TEXT})
    theatre.begin()
    theatre.player.starts()
    theatre.composer.starts()
    theatre.play(2)
    theatre.conductor.bus.publish(RecycleWanted(Moment.of(theatre.clock), role, "somebody asks"))
    theatre.conductor.look()
    assert theatre.workers[role].recycled == []
    theatre.answer()
    theatre.conductor.look()
    assert len(theatre.workers[role].recycled) == (role == "composer"), "the player plays"


def test_in_a_rest_those_begin_another_life_that_are_not_young() -> None:
    house = House()
    house.idle = house.rests = True
    house.clock.go(11 * HOUR)
    house.start("player")
    house.clock.go(2 * HOUR)
    assert house.recycling.freshen()
    assert house.recycling.not_young == ("composer",)
    house.go(1)
    assert house.composer.recycled == ["The composer begins another life: the music rests."]
    assert not house.recycling.freshen()
    assert house.player.recycled == [], "it has lived for two hours"


def test_who_is_not_to_be_recycled_by_age_is_not_in_rests_either() -> None:
    house = House(SupervisionSection(recycle_hours=None))
    house.idle = house.rests = True
    house.clock.go(30 * HOUR)
    assert not house.recycling.freshen()
    house.go(1)
    assert house.told == []


def test_who_was_missed_in_one_rest_went_seconds_before_the_end_of_the_next() -> None:
    house = House()
    house.clock.go(13 * HOUR)
    assert not house.recycling.freshen()
    house.idle = house.rests = True
    house.go(1)
    assert house.told == []


@pytest.mark.parametrize(("clock", "goes"), [("09:35", False), ("09:34", True)])
async def test_workers_began_another_life_while_it_was_warmed_up(tmp_path: Path, clock: str, *, goes: bool) -> None:
    hours = HoursRules(OpeningHours([(DaySpan(600, 1080),)] * 7, UTC))
    theatre = Theatre(tmp_path, {"study": TEXT}, clock=HandClock("2026-11-27 20:00"), hours=hours)
    theatre.begin()
    theatre.composer.starts()
    theatre.answer()
    wait = datetime.fromisoformat(f"2026-11-28 {clock}").replace(tzinfo=UTC).timestamp() - theatre.clock.wall() + 1
    theatre.clock.go(wait)
    theatre.conductor.look()
    [job] = [job for job in theatre.conductor.day.work._jobs if job.name == "another life of workers"]
    assert job.waits()
    await theatre.conductor.day.work._do(job)
    theatre.conductor.look()
    assert bool(theatre.composer.recycled) is goes
