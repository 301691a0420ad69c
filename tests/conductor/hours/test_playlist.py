"""Which scene of a playlist plays when."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from fakes.simulated_day import live_through
from reverie.conductor.hours.opening_hours import moment_of
from reverie.conductor.hours.playlist import REMEMBERED, BarLengths, Playlist, PlaylistDay
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.watch.happenings import SceneBegun

DAY = date(2026, 11, 28)
THREE = Playlist("evening", (("a", 3.0), ("b", 2.0), ("c", 1.0)), seconds=600.0)


def first(playlist: Playlist, count: int, day: date = DAY) -> list[str]:
    return list(itertools.islice(playlist.order(day), count))


def test_no_scene_follows_itself_and_weights_count() -> None:
    drawn = [name for ahead in range(60) for name in first(THREE, 50, DAY + timedelta(days=ahead))]
    assert all(one != other for one, other in itertools.pairwise(first(THREE, 500)))
    count = Counter(drawn)
    assert count["a"] > count["b"] > 1.2 * count["c"] > 0


def test_the_same_day_has_the_same_order_and_another_day_or_seed_another() -> None:
    assert first(THREE, 20) == first(THREE, 20)
    assert first(THREE, 20) != first(THREE, 20, date(2026, 11, 29))
    other = Playlist(THREE.name, THREE.weights, THREE.seconds, seed=1)
    assert first(THREE, 20) != first(other, 20)


def test_one_scene_alone_follows_itself() -> None:
    assert first(Playlist("one", (("a", 1.0),), seconds=60.0), 3) == ["a", "a", "a"]


def test_turns_of_minutes_and_of_bars() -> None:
    order = first(THREE, 3)
    day = PlaylistDay(THREE, DAY, lambda _: 1.0)
    assert [day.scene(at) for at in (-5.0, 0.0, 599.0, 600.0, 1199.0, 1200.0, 0.0)] == [
        order[0],
        order[0],
        order[0],
        order[1],
        order[1],
        order[2],
        order[0],
    ]
    bars = Playlist("evening", THREE.weights, bars=10)
    seconds = {"a": 2.0, "b": 4.0, "c": 8.0}
    turns = list(itertools.islice(bars.turns(DAY, seconds.__getitem__), 4))
    assert [name for _, name in turns] == first(bars, 4)
    assert [begins for begins, _ in turns] == [0.0, *itertools.accumulate(10 * seconds[name] for _, name in turns[:3])]


def test_a_scene_that_cannot_be_read_has_a_turn_all_the_same() -> None:
    turns = list(itertools.islice(Playlist("x", THREE.weights, bars=10).turns(DAY, lambda _: 0.0), 3))
    assert [begins for begins, _ in turns] == [0.0, 10.0, 20.0]


def test_a_late_start_with_a_playlist_of_bars_reads_each_scene_once_and_not_for_each_turn() -> None:
    clock, read = HandClock(), Counter[str]()

    def seconds(name: str) -> float:
        read[name] += 1
        return 2.0

    playlist, lengths = Playlist("x", THREE.weights, bars=16), BarLengths(seconds, clock.now)
    late = PlaylistDay(playlist, DAY, lengths)
    late.scene(86_000.0)
    assert read == {"a": 1, "b": 1, "c": 1}
    PlaylistDay(playlist, DAY + timedelta(days=1), lengths).scene(86_000.0)
    assert read == {"a": 1, "b": 1, "c": 1}, "nor for the next day"
    clock.go(REMEMBERED)
    lengths("a")
    assert read["a"] == 2, "a scene that was edited has its own length again"


def test_a_course_that_begins_late_in_a_day_of_bars_reads_each_scene_once(tmp_path: Path) -> None:
    programme = Programme(
        (ProgrammeEntry(time(0), None, playlist="evening"),), {"evening": Playlist("evening", THREE.weights, bars=16)}
    )
    theatre = Theatre(tmp_path, SCENES, programme=programme, clock=HandClock("2026-11-28 23:50"))
    repertoire, read = theatre.conductor.page.desk.report.play._repertoire, list[str]()
    load = repertoire.load
    repertoire.load = lambda name: read.append(name) or load(name)  # pyright: ignore[reportAttributeAccessIssue]
    theatre.begin()
    assert theatre.conductor.playing in SCENES
    assert len(read) <= 3 * len(SCENES)


def test_what_began_yesterday_goes_on_after_midnight() -> None:
    programme = Programme((ProgrammeEntry(time(20), None, playlist="evening"),), {"evening": THREE})
    assert programme.began(datetime.fromisoformat("2026-11-28 23:59")) == DAY
    assert programme.began(datetime.fromisoformat("2026-11-29 19:59")) == DAY
    assert programme.began(datetime.fromisoformat("2026-11-29 20:00")) == date(2026, 11, 29)
    assert programme.scenes == {"a", "b", "c"}
    assert not programme.entries[0].rests


def test_turns_go_on_through_an_hour_that_comes_twice() -> None:
    zone = ZoneInfo("Europe/Berlin")
    since = moment_of(date(2026, 10, 24), 20 * 60, zone)
    day = PlaylistDay(THREE, date(2026, 10, 24), lambda _: 1.0)
    walls = (datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + timedelta(minutes=10 * number) for number in range(12))
    heard = [day.scene((wall - since).total_seconds()) for wall in walls]
    assert all(one != other for one, other in itertools.pairwise(heard))


SCENES = {
    name: TEXT.replace("name: study", f"name: {name}").replace("tempo: 120", "tempo: 40") for name in ("a", "b", "c")
}


def test_a_programme_plays_a_playlist_and_each_rehearsal_repeats_it(tmp_path: Path) -> None:
    playlists = {"evening": Playlist("evening", THREE.weights, seconds=300.0)}
    programme = Programme(
        (
            ProgrammeEntry(time(8), None, playlist="evening"),
            ProgrammeEntry(time(8, 20), "c"),
        ),
        playlists,
    )
    begun: list[list[str]] = []
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        day = live_through(tmp_path / run, SCENES, programme, "2026-11-28 08:00", 0.4)
        begun.append([f"{day.clock(one)} {one.scene.name}" for one in day.told(SceneBegun)])
    order = first(playlists["evening"], 4)
    times = ["08:00", "08:05", "08:10", "08:15"]
    expected = [f"{at} {name}" for at, name in zip(times, order, strict=True)]
    assert begun[0] == expected + ([] if order[-1] == "c" else ["08:20 c"])
    assert begun[0] == begun[1]


def test_pages_show_the_playlist_of_the_day(tmp_path: Path) -> None:
    programme = Programme((ProgrammeEntry(time(8), None, playlist="evening"),), {"evening": THREE})
    theatre = Theatre(tmp_path, SCENES, programme=programme, clock=HandClock("2026-11-28 08:00"))
    theatre.begin()
    assert theatre.conductor.playing == first(THREE, 1)[0]
    (entry,) = theatre.conductor.page._public.now()["day"]
    assert (entry["scene"], entry["now"]) == ("evening", True)
