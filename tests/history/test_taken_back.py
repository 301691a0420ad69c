"""After an update that is taken back the older version reads what the newer one wrote, and loses nothing of people's.

A newer minor version is played by hand: it adds keys, columns, tables and steps, wherever there is a place for them.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fakes.engine import DiceEngine
from fakes.hand_clock import HandClock
from fakes.moments import moment
from fakes.recipes import recipe
from reverie.bus import Bus
from reverie.compose.composer import compose
from reverie.compose.good_loop import GoodLoop
from reverie.compose.played_loop import PlayedLoop
from reverie.compose.recipe import LaterRecipeError, Recipe
from reverie.compose.state_cache import Memories
from reverie.conductor.care.lives import Lives
from reverie.conductor.care.scene_marks import SceneMarks
from reverie.conductor.keeping.tape_retention import Ages
from reverie.generations import is_readable
from reverie.history.box import Box, box_of
from reverie.history.day_book import FILE as DAYS
from reverie.history.day_book import DayBook
from reverie.history.favourites import Keep
from reverie.history.moment_store import MomentStore
from reverie.history.novelty_store import NoveltyStore
from reverie.history.state import StateStore
from reverie.history.vitals_store import VitalsStore
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.notify.notice_words import NoticeWords
from reverie.notify.notification_service import FILE as NOTICES
from reverie.notify.notification_service import NotificationService
from reverie.watch.fault_kinds import SLOT_MISSING
from reverie.watch.faults import Fault, Faults
from reverie.watch.happenings import Moment, WorkerDied
from reverie.watch.vitals import FIELDS

LOOP = Loop(1, Metre(), (Note(0, 240, 60),))
MADE = recipe(scene="study", choice=0)
GOOD = GoodLoop(MADE, LOOP)


def newer(path: Path, **more: Any) -> None:
    """What a newer minor version would have written: the next step, and a key that is not known yet."""
    data = json.loads(path.read_text())
    path.write_text(json.dumps({**data, "version": data["version"] + 1, "weather": "fog", **more}))


def state_of(folder: Path) -> tuple[StateStore, Faults]:
    faults = Faults()
    return StateStore(folder, faults), faults


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state folder that this version wrote."""
    store, _ = state_of(tmp_path)
    store.begin("study")
    store.remember(GOOD)
    store.keep("study", (Keep("t", "lead", {"lead": PlayedLoop(MADE.id, LOOP, MADE)}),))
    store.write(store.changes())
    return tmp_path


def test_a_step_is_read_and_a_generation_is_not() -> None:
    assert is_readable(1, 1)
    assert is_readable(999, 1)
    assert not is_readable(1001, 1)
    assert not is_readable("1", 1)
    assert not is_readable(True, 1)


def test_the_state_of_a_newer_step_is_read_and_nothing_is_set_aside(folder: Path) -> None:
    for path in folder.rglob("*.json"):
        newer(path)
    store, faults = state_of(folder)
    assert store.begin("study") == 1
    assert store.loops("study", "lead") == (GOOD,)
    assert [keep.loops["lead"].made_by for keep in store.keeps("study")] == [MADE]
    assert faults.active == ()
    assert not list(folder.rglob("*.broken-*"))


def test_the_state_of_another_generation_is_set_aside(folder: Path) -> None:
    newer(folder / "takes.json", version=1001)
    store, faults = state_of(folder)
    assert store.begin("study") == 0
    assert [fault.id for fault in faults.active] == ["state-unreadable"]


def test_what_a_recipe_has_more_is_carried_along_and_it_keeps_its_id() -> None:
    data = {**MADE.as_json(), "breath": {"deep": 3}}
    read = Recipe.from_json(data)
    assert read.as_json() == data
    assert read.id != MADE.id, "it is other music to whoever knows what it says"
    assert Recipe.from_json(read.as_json()) == read
    assert compose(DiceEngine(), read, Memories()).loop is not None


def test_a_loop_whose_recipe_cannot_be_understood_is_played_and_kept_all_the_same(folder: Path) -> None:
    for path in (folder / "loops" / "study.json", folder / "favourites" / "study.json"):
        text = path.read_text()
        path.write_text(text.replace('"low":0', '"low":0,"softest":3'))
    store, faults = state_of(folder)
    assert store.loops("study", "lead") == ()
    [keep] = store.keeps("study")
    assert (keep.loops["lead"].loop, keep.loops["lead"].made_by) == (LOOP, None)
    assert faults.active == ()
    with pytest.raises(LaterRecipeError):
        Recipe.from_json({**MADE.as_json(), "version": 99})


def test_moments_lives_ages_vitals_and_the_box_are_read(tmp_path: Path) -> None:
    clock, state = HandClock(), tmp_path
    moments = MomentStore(state / "moments", 9)
    moments.keep(moment(1))
    moments.write()
    lives = Lives(state, Faults(), clock)
    lives.begin()
    (state / "tape").mkdir()
    ages = Ages(state / "tape", clock.now)
    ages.older_than(1, ["2026-11-22"])
    clock.go(1000)
    ages.older_than(1, ["2026-11-22"])
    ages.keep(anyway=True)
    (state / "box.json").write_bytes(Box("0" * 16, "hall").written())
    row = [0, *[None] * (len(FIELDS) - 1)]
    for path in (*state.glob("*.json"), *state.glob("moments/*.json"), state / "tape" / ".ages.json"):
        data = json.loads(path.read_text())
        path.write_text(json.dumps({**data, "weather": "fog", **({"version": 2} if "version" in data else {})}))
    fields = [*FIELDS, "rain"]
    (state / "vitals.json").write_text(json.dumps({"version": 2, "fields": fields, "minutes": [], "hours": []}))
    assert len(MomentStore(state / "moments", 9).headings()) == 1
    assert Lives(state, Faults(), clock).starts == 2
    assert Ages(state / "tape", clock.now).in_order(["2026-11-23", "2026-11-22"]) == ["2026-11-22", "2026-11-23"]
    assert box_of(state) == Box("0" * 16, "hall")
    assert VitalsStore(state / "vitals.json", clock).minutes == ()
    assert len(row) + 1 == len(fields)
    assert not list(state.rglob("*.broken-*"))


def test_days_of_a_newer_step_are_read_and_not_set_aside(tmp_path: Path) -> None:
    """One key that was not known set the report's two months aside."""
    clock, path = HandClock(), tmp_path / DAYS
    book = DayBook(path, clock)
    book.life_begun(crashed=True)
    book.fault_told(Fault(SLOT_MISSING.id, "main", "Gone", "Plug it in", SLOT_MISSING.severity, 100.0, None))
    died = WorkerDied(Moment.of(clock), "composer", "hang", "It hung", 0.0)
    bus = Bus()
    book.subscribe_to(bus)
    bus.publish(died)
    book.write(book.text())
    data = json.loads(path.read_text())
    for one in (data["days"][0], *data["days"][0]["restarts"], *data["days"][0]["faults"]):
        one["weather"] = "fog"
    path.write_text(json.dumps(data))
    newer(path)
    [day] = DayBook(path, clock).known.days
    assert (day.starts, day.crashes, len(day.restarts), len(day.faults)) == (1, 1, 1, 1)
    assert not list(tmp_path.glob("*.broken-*"))


@pytest.mark.parametrize("name", [DAYS, "lives.json", "marked.json", "vitals.json", NOTICES])
def test_what_belongs_to_another_generation_is_set_aside_and_not_read_as_ours(tmp_path: Path, name: str) -> None:
    def read() -> None:
        DayBook(tmp_path / DAYS, HandClock())
        Lives(tmp_path, Faults(), HandClock())
        SceneMarks(tmp_path, Faults(), HandClock(), 3)
        VitalsStore(tmp_path / "vitals.json", HandClock())
        NotificationService((), NoticeWords("en", "hall"), Faults(), tmp_path, HandClock())._read()

    ours: dict[str, Any] = {"days": [], "starts": 1, "crashes": 0, "channels": {}, "minutes": [], "hours": []}
    (tmp_path / name).write_text(json.dumps({"version": 2, "fields": [*FIELDS], **ours}))
    read()
    assert not list(tmp_path.glob("*.broken-*"))
    (tmp_path / name).write_text(json.dumps({"version": 1001, "fields": [*FIELDS], **ours}))
    read()
    assert [one.name.partition(".broken-")[0] for one in tmp_path.glob("*.broken-*")] == [name]


def test_what_was_played_in_a_week_is_known(tmp_path: Path) -> None:
    path = tmp_path / "novelty.sqlite"
    NoveltyStore(path, Faults(), HandClock()).close()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("INSERT INTO played VALUES ('study', 'lead', 1, 3000.0, x'00')")
        file.execute("ALTER TABLE played ADD COLUMN mood TEXT")
        file.execute("ALTER TABLE sounded ADD COLUMN mood TEXT")
        file.execute("PRAGMA user_version = 3")
    faults = Faults()
    store = NoveltyStore(path, faults, HandClock())
    assert store.moment() == 3000.0
    assert faults.active == ()
    store.close()
