"""Every kept file, as a newer version leaves it to an older one that is put back in its place.

With more in it than this version knows, it is read all the same. Of another generation, it is kept beside, or stays
where it lies, and this version begins anew: it is never read as something that it is not, and never lost.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fakes.banks import make_bank
from fakes.hand_clock import HandClock
from fakes.moments import moment
from fakes.recipes import recipe
from reverie.bus import Bus
from reverie.compose.good_loop import GoodLoop
from reverie.compose.novelty_file import NoveltyReader
from reverie.compose.played_loop import PlayedLoop
from reverie.conductor.care.lives import Lives
from reverie.conductor.care.scene_marks import SceneMarks
from reverie.conductor.configuration.site_resources import keep_as_last_good, site_in_force
from reverie.conductor.keeping.backup_parts import REMADE
from reverie.conductor.keeping.tape_retention import Ages
from reverie.documents import write_text
from reverie.documents.reader import read_document
from reverie.generations import STEPS
from reverie.history.box import Box, box_of
from reverie.history.day_book import DayBook, read_days
from reverie.history.favourites import Keep
from reverie.history.history_reader import HistoryError, read_entries
from reverie.history.history_store import HistoryStore
from reverie.history.moment_store import MomentStore
from reverie.history.novelty_store import NoveltyStore
from reverie.history.presence_store import PresenceStore, SensorWords
from reverie.history.standing import StandingLoop, StandingMusic, StandingStore
from reverie.history.state import StateStore
from reverie.history.vitals_store import VitalsStore
from reverie.midi.identity import Marks, Wanted
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.notify.notice_words import NoticeWords
from reverie.notify.notification_service import NotificationService
from reverie.play.recording.ledger import Ledger
from reverie.site.learned import beside, update
from reverie.site.load import load_site
from reverie.timbre.bank.cache import BankCache
from reverie.timbre.recipe import BankRecipe
from reverie.timbre.schedule import PathProgress
from reverie.watch.faults import Faults
from reverie.watch.happenings import LoopSounded
from reverie.watch.happenings import Moment as At
from reverie.watch.vitals import FIELDS

LOOP = Loop(1, Metre(), (Note(0, 240, 60),))
MADE = recipe(scene="study", choice=0)
FOG = {"weather": "fog"}
ROW = [0 if name != "at" else int(HandClock().wall()) // 60 * 60 for name in FIELDS]


def store(folder: Path) -> StateStore:
    return StateStore(folder, Faults())


def write_store(folder: Path) -> None:
    kept = store(folder)
    kept.begin("study")
    kept.remember(GoodLoop(MADE, LOOP))
    kept.keep("study", (Keep("t", "lead", {"lead": PlayedLoop(MADE.id, LOOP, MADE)}),))
    kept.keep_timbre("study", "organ", PathProgress(step=3))
    assert kept.write(kept.changes())


def write_moment(folder: Path) -> None:
    moments = MomentStore(folder / "moments", 9)
    moments.keep(moment(1))
    moments.write()


def write_ages(folder: Path) -> None:
    (folder / "tape").mkdir()
    clock = HandClock()
    ages = Ages(folder / "tape", clock.now)
    ages.older_than(1, ["2026-11-22"])
    clock.go(1000)
    ages.older_than(1, ["2026-11-22"])
    ages.keep(anyway=True)


def write_days(folder: Path) -> None:
    book = DayBook(folder / "days.json", HandClock())
    book.life_begun(crashed=True)
    book.write(book.text())


def write_vitals(folder: Path) -> None:
    data = {"version": 1, "fields": [*FIELDS], "minutes": [ROW], "hours": []}
    (folder / "vitals.json").write_text(json.dumps(data))


def notices(folder: Path) -> Any:
    return NotificationService((), NoticeWords("en", "hall"), Faults(), folder, HandClock())._read()


def write_standing(folder: Path) -> None:
    standing = StandingStore(folder, None, HandClock(), 1.0)
    loops = {"lead": StandingLoop("0abc", LOOP, 0, 2)}
    standing.note(StandingMusic("study", "aa", 1, 0.0, 0, 7, "study", loops))
    standing.write()


def write_bank(folder: Path) -> None:
    make_bank(folder / "timbre", 1)


def write_presence(folder: Path) -> None:
    store = PresenceStore(folder / "presence.json")
    store.note(SensorWords(3600.0, held=True))
    store.close()


def found_bank(folder: Path) -> Any:
    [card] = folder.glob("timbre/banks/*/bank.json")
    bank = BankCache(folder / "timbre", 1 << 30, logging.getLogger("banks").warning).find(card.parent.name)
    return bank and (bank.title, [one.name for one in bank.origins], BankRecipe.from_json(bank.card["recipe"]).seed)


def write_history(folder: Path) -> None:
    HistoryStore(folder / "history.sqlite", Faults(), HandClock(), quota=10**8, flush=1.0, version="9").close()


def read_history(folder: Path) -> Any:
    try:
        return [entry.name for entry in read_entries(folder / "history.sqlite")]
    except HistoryError:
        return []


def write_novelty(folder: Path) -> None:
    novelty, bus, clock = NoveltyStore(folder / "novelty.sqlite", Faults(), HandClock()), Bus(), HandClock()
    novelty.subscribe_to(bus)
    bus.publish(LoopSounded(At.of(clock), "study", "lead", "melody", "id", LOOP))
    novelty.close()


def read_novelty(folder: Path) -> Any:
    return len(NoveltyReader(folder / "novelty.sqlite", 9)(("study", "lead")))


@dataclass(frozen=True)
class Kept:
    """A file: how this version writes it, and reads it.

    ``reads`` opens it as the daemon does, too. ``within`` leads to objects in it that a newer version may give more;
    ``anew`` is what is read where there is no file.
    """

    file: str
    writes: Callable[[Path], object]
    reads: Callable[[Path], Any]
    anew: Any
    within: tuple[tuple[str | int, ...], ...] = field(default=())


KEPT = (
    Kept("takes.json", write_store, lambda folder: store(folder).times_begun("study"), 0),
    Kept(
        "timbres.json",
        write_store,
        lambda folder: store(folder).timbre("study", "organ"),
        PathProgress(),
        (("timbres", "study/organ"),),
    ),
    Kept(
        "loops/study.json",
        write_store,
        lambda folder: [good.loop for good in store(folder).loops("study", "lead")],
        [],
        (("voices", "lead", 0), ("voices", "lead", 0, "recipe"), ("voices", "lead", 0, "loop")),
    ),
    Kept(
        "favourites/study.json",
        write_store,
        lambda folder: [keep.recipes for keep in store(folder).keeps("study")],
        [],
        (("keeps", 0), ("keeps", 0, "loops", "lead"), ("keeps", 0, "loops", "lead", "recipe")),
    ),
    Kept(
        "lives.json",
        lambda folder: Lives(folder, Faults(), HandClock()).begin(),
        lambda folder: Lives(folder, Faults(), HandClock()).starts,
        1,
    ),
    Kept(
        "marked.json",
        lambda folder: SceneMarks(folder, Faults(), HandClock(), 3).plays(_scene("study")),
        lambda folder: SceneMarks(folder, Faults(), HandClock(), 3)._plays,
        {},
    ),
    Kept(
        "days.json",
        write_days,
        lambda folder: [day.starts for day in read_days(folder / "days.json", set_wrong_aside=True)],
        [],
        (("days", 0),),
    ),
    Kept(
        "vitals.json",
        write_vitals,
        lambda folder: len(VitalsStore(folder / "vitals.json", HandClock()).minutes),
        0,
    ),
    Kept(
        "notices.json",
        lambda folder: (folder / "notices.json").write_text(
            json.dumps({"version": 1, "channels": {"mail": {"outbox": []}}})
        ),
        lambda folder: [*notices(folder)],
        [],
        (("channels", "mail"),),
    ),
    Kept(
        "box.json",
        lambda folder: (folder / "box.json").write_bytes(Box("0" * 16, "hall").written()),
        lambda folder: box_of(folder).id == "0" * 16,
        False,
    ),
    Kept(
        "tape/.ages.json",
        write_ages,
        lambda folder: [*Ages(folder / "tape", HandClock().now)._seen],
        [],
    ),
    Kept(
        "presence.json",
        write_presence,
        lambda folder: PresenceStore(folder / "presence.json").known.silent,
        0.0,
    ),
    Kept(
        "standing.json",
        write_standing,
        lambda folder: (left := StandingStore(folder, None, HandClock(), 1.0).left) and left.bar,
        None,
        (("loops", "lead"), ("loops", "lead", "loop")),
    ),
    Kept(
        f"moments/{moment(1).name}.json",
        write_moment,
        lambda folder: [one["id"] for one in MomentStore(folder / "moments", 9).headings()],
        [],
    ),
    Kept(
        "timbre/banks/*/bank.json",
        write_bank,
        found_bank,
        None,
        (("recipe",), ("recipe", "ingredients", 0), ("sources", 0)),
    ),
)
STAYS = {"standing.json", f"moments/{moment(1).name}.json"}
"""What is left where it lies: a life has written its own over where the music stands, and each moment is a file."""
TABLES = {
    "history.sqlite": (write_history, read_history, ["9"]),
    "novelty.sqlite": (write_novelty, read_novelty, 1),
}


def _scene(name: str) -> Any:
    @dataclass
    class Scene:
        name: str
        hash: str = "aa"

    return Scene(name)


def path_of(folder: Path, kept: Kept) -> Path:
    [path] = folder.glob(kept.file)
    return path


def left_beside(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if ".broken-" in path.name or path.suffix == ".damaged"]


def at(data: Any, way: tuple[str | int, ...]) -> Any:
    for step in way:
        data = data[step]
    return data


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.file)
def test_what_a_newer_version_has_more_in_a_file_keeps_it_from_nobody(
    kept: Kept, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept.writes(tmp_path)
    path = path_of(tmp_path, kept)
    before = kept.reads(tmp_path)
    assert before != kept.anew
    data = json.loads(path.read_text())
    for way in ((), *kept.within):
        at(data, way).update(FOG)
    data["version"] = data.get("version", 1) + 1
    path.write_text(json.dumps(data))
    with caplog.at_level(logging.WARNING):
        assert kept.reads(tmp_path) == before
    assert not left_beside(tmp_path)


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.file)
def test_a_file_of_another_generation_is_told_and_kept_and_not_read_as_ours(
    kept: Kept, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept.writes(tmp_path)
    path = path_of(tmp_path, kept)
    data = {**json.loads(path.read_text()), "version": STEPS + 1}
    path.write_text(text := json.dumps(data))
    with caplog.at_level(logging.INFO):
        assert kept.reads(tmp_path) == kept.anew
    if kept.file in STAYS:
        assert path.read_text() == text
    else:
        [aside] = left_beside(tmp_path)
        assert text in {one.read_text() for one in (aside.rglob("bank.json") if aside.is_dir() else [aside])}
    assert caplog.records or kept.file in STAYS


@pytest.mark.parametrize("name", TABLES)
def test_tables_and_columns_that_a_newer_version_adds_keep_nobody_from_the_rest(name: str, tmp_path: Path) -> None:
    write, read, found = TABLES[name]
    write(tmp_path)
    with closing(sqlite3.connect(tmp_path / name)) as file, file:
        (version,) = file.execute("PRAGMA user_version").fetchone()
        for (table,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            file.execute(f"ALTER TABLE {table} ADD COLUMN weather TEXT")
        file.execute("CREATE TABLE forecasts (day TEXT)")
        file.execute(f"PRAGMA user_version = {version + 1}")
    assert read(tmp_path) == found
    write(tmp_path)
    assert not left_beside(tmp_path)
    assert read(tmp_path) in (found, [*found, *found] if isinstance(found, list) else found)


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_another_generation_are_kept_beside_and_begun_anew(name: str, tmp_path: Path) -> None:
    write, read, found = TABLES[name]
    write(tmp_path)
    with closing(sqlite3.connect(tmp_path / name)) as file, file:
        file.execute(f"PRAGMA user_version = {STEPS + 1}")
    assert not read(tmp_path)
    write(tmp_path)
    assert [path.name.partition(".broken-")[0] for path in left_beside(tmp_path)] == [name]
    assert read(tmp_path) == found


def test_every_file_of_the_state_folder_that_is_read_again_is_in_the_table() -> None:
    there = {kept.file.partition("/")[0] for kept in KEPT} | {*TABLES}
    elsewhere = {
        "ledger",  # below
        "configurations",  # below
        "models",  # a file says its format in its card: tests/models/library
        *("memories", "pictures", "browser-sounds"),  # named by what they are made of, so nobody else's are found
        *("lock", "daemon.socket", "room.sock"),
    }
    assert there | elsewhere >= REMADE


def test_marks_of_devices_that_only_a_newer_version_knows_hide_no_device(tmp_path: Path) -> None:
    """A ledger's place, and what was learned, have marks of devices: `Marks(**device)` ended the player."""
    device = {"usb": "0944:0117", "name": "grey", "colour": "grey"}
    wanted = Wanted.read({"device": device, "rivals": [device]})
    assert wanted.device == Marks(usb="0944:0117", name="grey")
    assert wanted.rivals == (wanted.device,)
    site = tmp_path / "reverie.yaml"
    site.write_text("slots: {lead: {kind: port, match: Old}}")
    beside(site).write_text(write_text({"slots": {"lead": {"device": device}}}))
    learned = load_site(site).slots_as_json()["lead"]["device"]
    assert {mark: value for mark, value in learned.items() if value} == {"usb": "0944:0117", "name": "grey"}
    update(beside(site), {"slots": {"bass": {"device": {"name": "x"}}}})
    assert read_document(beside(site)).data["slots"]["lead"]["device"] == device


def test_a_last_good_configuration_of_a_newer_version_counts_without_what_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    site = tmp_path / "reverie.yaml"
    site.write_text("scene: cat-dreams\nstorage: {flush: 10m}\nslots: {lead: {kind: port, match: Old}}\n")
    keep_as_last_good(load_site(site), site)
    [kept] = (tmp_path / "state" / "configurations").glob("*.yaml")
    kept.write_text(kept.read_text().replace("flush:", "weather: fog\n  flush:") + "fog: {thick: true}\n")
    site.write_text("fog: 3")
    force = site_in_force(site)
    assert (force.site.scene, force.site.storage.flush) == ("cat-dreams", 600.0)
    assert force.site.slots_as_json()["lead"]["match"] == "Old"


def test_a_ledger_of_a_newer_version_lets_every_channel_be_ended(tmp_path: Path) -> None:
    assert Ledger(tmp_path, "main").quiet
    path = tmp_path / "main.ledger"
    path.write_bytes(b"REVLEDG9" + path.read_bytes()[8:])
    assert not Ledger(tmp_path, "main").quiet
