"""A life that ends unasked leaves where the music stood, and the next goes on with the bar after and with its loops."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.conductor.keeping.standing_keeping import StandingKeeper
from reverie.history.standing import FILE, LASTED, MOST_TRIES, StandingMusic, StandingStore, runtime_folder

SCENES = {"study": TEXT, "other": TEXT.replace("name: study", "name: other")}
FLUSH = 60.0


class Lives:
    """One life after the other in one state folder."""

    def __init__(self, folder: Path, *, in_memory: bool = True) -> None:
        self.folder = folder
        self.runtime = folder / "run" if in_memory else None
        self.clock = HandClock()
        self.number = 0
        self.begin()

    def begin(self, scene: str | None = None, scenes: dict[str, str] | None = None) -> None:
        """A life begins, and plays."""
        self.number += 1
        home = self.folder / f"life{self.number}"
        home.mkdir()
        self.store = StandingStore(self.folder, self.runtime, self.clock, FLUSH)
        self.theatre = Theatre(home, scenes or SCENES, clock=self.clock, standing=self.store.left)
        StandingKeeper(self.theatre.conductor, self.store, self.theatre.store).attend(
            self.theatre.conductor._housekeeping, self.theatre.conductor._lives
        )
        self.theatre.begin(scene)
        self.theatre.answer()
        self.theatre.player.starts()
        self.theatre.hear()
        self.theatre.turn()

    def play(self, bars: int) -> None:
        for _ in range(bars):
            self.theatre.play()
            self.theatre.answer()
            self.clock.go(2.0)
            self.store.write()

    @property
    def loops(self) -> dict[str, str]:
        """By voice, the recipe of the loop that sounds next."""
        music = self.theatre.conductor.music
        assert music is not None
        return {name: one.original[0] for name, one in music.placed_in(music.bar + 1).items()}


@pytest.fixture
def lives(tmp_path: Path) -> Lives:
    return Lives(tmp_path)


def test_the_next_life_goes_on_with_the_bar_after_and_the_notes_that_were_to_come(lives: Lives) -> None:
    lives.play(21)
    bar, loops, notes = lives.theatre.bar, lives.loops, lives.theatre.sounds(1)
    lives.begin()
    assert (lives.theatre.bar, lives.loops) == (bar, loops)
    assert lives.theatre.sounds(1) == notes
    lives.play(40)
    assert lives.theatre.bar == bar + 40
    assert lives.loops != loops, "the piece goes on"


def test_after_another_scene_was_written_down_for_later_a_crash_began_that_at_once(lives: Lives) -> None:
    lives.play(8)
    lives.theatre.conductor.config.configuration.write_text("scene: other\n")
    assert "scene" in lives.theatre.conductor.reload().sentence
    lives.play(2)
    bar = lives.theatre.bar
    assert lives.theatre.conductor.playing == "study"
    lives.begin(scenes={"other": SCENES["other"], "study": SCENES["study"]})
    assert (lives.theatre.conductor.playing, lives.theatre.bar) == ("study", bar)


def test_it_is_the_same_take_and_the_one_after_is_another(lives: Lives) -> None:
    lives.play(5)
    lives.begin()
    lives.play(5)
    assert lives.theatre.store.times_begun("study") == 1
    lives.store.forget()
    lives.begin()
    assert lives.theatre.bar == -1


def test_whoever_was_asked_to_end_leaves_nothing(lives: Lives) -> None:
    lives.play(5)
    lives.store.forget()
    lives.store.write()
    assert not list(lives.folder.rglob("standing*.json"))
    lives.begin()
    assert lives.theatre.bar == -1


def test_a_scene_that_people_chose_goes_on_and_one_that_was_changed_begins_anew(lives: Lives) -> None:
    lives.theatre.conductor.play_scene("other")
    lives.play(6)
    assert lives.theatre.conductor.playing == "other"
    lives.begin()
    assert lives.theatre.conductor.playing == "other"
    assert lives.theatre.bar > 0
    lives.play(3)
    lives.begin(scenes={**SCENES, "other": SCENES["other"].replace("seed: ", "seed: 1")})
    assert lives.theatre.conductor.playing == "other"
    assert lives.theatre.bar == -1


def test_a_scene_that_is_named_is_played_whatever_stood_before(lives: Lives) -> None:
    lives.play(6)
    lives.begin("other")
    assert lives.theatre.conductor.playing == "other"


def test_without_memory_it_goes_on_where_it_was_written_last(tmp_path: Path) -> None:
    lives = Lives(tmp_path, in_memory=False)
    lives.play(50)
    assert 0 < json.loads((tmp_path / FILE).read_text())["bar"] < 49, "the card is not written with each bar"
    lives.begin()
    assert 0 < lives.theatre.bar < 49


def test_the_younger_of_both_counts_and_after_a_power_cut_the_one_that_is_left(lives: Lives) -> None:
    lives.play(40)
    [volatile] = lives.folder.glob("run/*.json")
    there, left = json.loads(volatile.read_text()), json.loads((lives.folder / FILE).read_text())
    assert there["bar"] > left["bar"]
    volatile.unlink()
    lives.begin()
    assert lives.theatre.bar == left["bar"]


def test_music_that_ends_one_life_after_the_other_is_given_up(lives: Lives) -> None:
    lives.play(5)
    for _ in range(MOST_TRIES):
        lives.begin()
        assert lives.theatre.bar >= 4
    lives.begin()
    assert lives.theatre.bar == -1
    lives.play(round(LASTED))
    for _ in range(MOST_TRIES):
        lives.begin()
        assert lives.theatre.bar > 4


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"version": 1}', b'{"version": 5000}', b"\xff" * 99])
def test_what_cannot_be_read_costs_nothing_but_the_place(lives: Lives, damage: bytes) -> None:
    lives.play(5)
    for path in lives.folder.rglob("standing*.json"):
        path.write_bytes(damage)
    lives.begin()
    assert lives.theatre.bar == -1


def test_what_a_later_step_has_added_is_left_alone(lives: Lives) -> None:
    lives.play(5)
    for path in lives.folder.rglob("standing*.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "version": 2, "weather": "fog"}))
    lives.begin()
    assert lives.theatre.bar == 4


def test_where_it_stands_is_read_as_it_was_written(lives: Lives) -> None:
    lives.play(7)
    [volatile] = lives.folder.glob("run/*.json")
    data = json.loads(volatile.read_text())
    known = {key: data[key] for key in data if key not in {"version", "number", "tries"}}
    assert StandingMusic.from_json(data).as_json() == known


def test_the_folder_in_memory_is_that_of_the_service_or_of_the_user() -> None:
    assert runtime_folder({"RUNTIME_DIRECTORY": "/run/reverie:/run/b"}) == Path("/run/reverie")
    assert runtime_folder({"XDG_RUNTIME_DIR": "/run/user/7"}) == Path("/run/user/7/reverie")
    assert runtime_folder({"XDG_RUNTIME_DIR": "here"}) is None
    assert runtime_folder({}) is None
