import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.recipes import recipe
from reverie.compose.good_loop import GoodLoop
from reverie.history.state import KEPT_SCENES, StateStore
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.timbre.schedule import PathProgress
from reverie.watch.faults import Faults


def good(number: int, *, scene: str = "first-light", voice: str = "lead") -> GoodLoop:
    note = Note(start=0, length=120, pitch=60 + number, velocity=90)
    return GoodLoop(recipe(scene=scene, voice=voice, seed=number), Loop(2, Metre(), (note,)))


def save(store: StateStore) -> bool:
    return store.write(store.changes())


@pytest.fixture
def told() -> Faults:
    return Faults()


def test_a_new_folder_remembers_nothing_and_complains_of_nothing(tmp_path: Path, told: Faults) -> None:
    store = StateStore(tmp_path / "state", told)
    assert store.loops("first-light", "lead") == ()
    assert store.changes() == {}
    assert told.active == ()


def test_takes_are_counted_over_restarts(tmp_path: Path, told: Faults) -> None:
    for take in range(3):
        store = StateStore(tmp_path, told)
        assert store.begin("first-light") == take
        assert save(store)
    assert StateStore(tmp_path, told).begin("night-watch") == 0
    assert told.active == ()


def test_the_last_loops_outlast_the_daemon(tmp_path: Path, told: Faults) -> None:
    store = StateStore(tmp_path, told)
    store.begin("first-light")
    for number in range(5):
        store.remember(good(number))
    store.remember(good(7, voice="bass"))
    assert save(store)

    again = StateStore(tmp_path, told)
    assert again.begin("first-light") == 1
    assert again.loops("first-light", "lead") == (good(2), good(3), good(4))
    assert again.loops("first-light", "bass") == (good(7, voice="bass"),)
    assert again.loops("first-light", "drums") == ()
    assert told.active == ()


def test_a_loop_that_comes_again_takes_no_second_place(tmp_path: Path, told: Faults) -> None:
    store = StateStore(tmp_path, told)
    for number in (1, 2, 1, 1):
        store.remember(good(number))
    assert store.loops("first-light", "lead") == (good(2), good(1))


def test_only_what_changed_is_written(tmp_path: Path, told: Faults) -> None:
    store = StateStore(tmp_path, told)
    store.begin("a")
    store.remember(good(1, scene="a"))
    assert {path.name for path in store.changes()} == {"takes.json", "a.json"}
    store.remember(good(1, scene="b"))
    assert {path.name for path in store.changes()} == {"b.json"}
    assert store.changes() == {}


def test_scenes_long_unused_are_forgotten(tmp_path: Path, told: Faults) -> None:
    store = StateStore(tmp_path, told)
    for number in range(KEPT_SCENES + 5):
        store.remember(good(1, scene=f"scene-{number}"))
        assert save(store)
        os.utime(tmp_path / "loops" / f"scene-{number}.json", (number, number))
    store.remember(good(2, scene="scene-10"))
    assert save(store)
    names = {path.stem for path in (tmp_path / "loops").iterdir()}
    assert len(names) == KEPT_SCENES
    assert {"scene-10", f"scene-{KEPT_SCENES + 4}"} <= names
    assert "scene-0" not in names
    assert store.loops("scene-10", "lead") == (good(1, scene="scene-10"), good(2, scene="scene-10"))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"version": 1001, "voices": {}, "scene": "x"}',
        b'{"version": 1}',
        b'{"version": 1, "voices": [1]}',
        b'{"version": 1, "voices": {"lead": [{"recipe": {}, "loop": {}}]}}',
        b"[" * 100_000,
    ],
)
def test_a_broken_file_is_set_aside_and_told_of_once(tmp_path: Path, told: Faults, text: bytes) -> None:
    (tmp_path / "loops").mkdir()
    (tmp_path / "loops" / "first-light.json").write_bytes(text)
    store = StateStore(tmp_path, told)
    assert store.loops("first-light", "lead") == ()
    assert store.loops("first-light", "bass") == ()
    assert len(told.active) == 1
    assert "was broken and now lies beside it" in told.active[0].text
    (aside,) = (tmp_path / "loops").iterdir()
    assert aside.name.startswith("first-light.json.broken-")
    assert aside.read_bytes() == text
    store.remember(good(1))
    assert save(store)
    assert StateStore(tmp_path, told).loops("first-light", "lead") == (good(1),)


def test_a_broken_file_of_takes_is_set_aside_too(tmp_path: Path, told: Faults) -> None:
    (tmp_path / "takes.json").write_text("first-light")
    assert StateStore(tmp_path, told).begin("first-light") == 0
    assert len(told.active) == 1


def test_no_name_of_a_scene_leads_out_of_the_folder(tmp_path: Path, told: Faults) -> None:
    store = StateStore(tmp_path / "state", told)
    store.remember(good(1, scene="../../escaped"))
    assert save(store)
    assert [path.name for path in (tmp_path / "state" / "loops").iterdir()] == ["..%2F..%2Fescaped.json"]


def test_a_folder_that_cannot_be_written_is_told_of_once_and_tried_again(tmp_path: Path, told: Faults) -> None:
    folder = tmp_path / "state"
    folder.write_text("a file where the folder should be")
    store = StateStore(folder, told)
    assert store.loops("first-light", "lead") == ()
    store.begin("first-light")
    for number in range(3):
        store.remember(good(number))
        assert not save(store)
    assert len(told.active) == 1
    assert str(folder) in told.active[0].text
    assert "plays on" in told.active[0].text

    folder.unlink()
    assert save(store)
    again = StateStore(folder, told)
    assert again.begin("first-light") == 1
    assert again.loops("first-light", "lead") == (good(0), good(1), good(2))


def test_a_daemon_killed_while_writing_leaves_a_whole_file(tmp_path: Path, told: Faults) -> None:
    store = StateStore(tmp_path, told)
    store.remember(good(1))
    assert save(store)
    dies_before_the_rename = (
        "import os, pathlib, sys\n"
        "from reverie.files import write_atomically\n"
        "os.fsync = lambda _: os._exit(9)\n"
        "write_atomically(pathlib.Path(sys.argv[1]), b'half')\n"
    )
    path = tmp_path / "loops" / "first-light.json"
    assert subprocess.run([sys.executable, "-c", dies_before_the_rename, str(path)], check=False).returncode == 9
    assert json.loads(path.read_bytes())["version"] == 1
    assert StateStore(tmp_path, told).loops("first-light", "lead") == (good(1),)
    assert told.active == ()


def odd(kind: str, path: Path) -> None:
    """Put something into the place of a file that is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "folder":
            (path / "in it").mkdir(parents=True)
        case "device":
            path.symlink_to("/dev/zero")
        case "full device":
            path.symlink_to("/dev/full")
        case "circle":
            path.symlink_to(path.name)
        case _:
            with path.open("wb") as file:
                file.truncate(10_000_000_000)


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "full device", "circle", "ten gigabytes"])
@pytest.mark.parametrize("name", ["takes.json", "timbres.json", "loops/first-light.json"])
def test_what_is_no_file_is_set_aside_and_costs_that_file_alone(
    tmp_path: Path, told: Faults, name: str, kind: str
) -> None:
    names = {"takes.json", "timbres.json", "loops/first-light.json"}
    first = StateStore(tmp_path, told)
    first.begin("first-light")
    first.remember(good(1))
    first.keep_timbre("first-light", "bell", PathProgress(3))
    assert save(first)
    (tmp_path / name).unlink()
    odd(kind, tmp_path / name)

    store = StateStore(tmp_path, told)
    lost = {
        "takes.json": store.begin("first-light") == 0,
        "timbres.json": store.timbre("first-light", "bell") == PathProgress(),
        "loops/first-light.json": store.loops("first-light", "lead") == (),
    }
    assert {file for file in names if lost[file]} == {name}
    [fault] = told.active
    assert (fault.id, fault.subject) == ("state-unreadable", name)
    store.remember(good(2))
    store.keep_timbre("first-light", "bell", PathProgress(4))
    assert save(store)
    again = StateStore(tmp_path, told)
    assert again.loops("first-light", "lead")[-1] == good(2)
    assert again.timbre("first-light", "bell") == PathProgress(4)


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "circle"])
def test_what_comes_into_the_place_of_a_file_while_it_plays_is_set_aside_too(
    tmp_path: Path, told: Faults, kind: str
) -> None:
    store = StateStore(tmp_path, told)
    store.begin("first-light")
    assert save(store)
    (tmp_path / "takes.json").unlink()
    odd(kind, tmp_path / "takes.json")
    store.begin("first-light")
    assert save(store)
    assert StateStore(tmp_path, told).begin("first-light") == 2


@pytest.mark.parametrize("count", ["1e999", "-1", "9" * 400, '"many"', "null", "[]", "NaN", "Infinity"])
def test_numbers_that_are_none_are_set_aside(tmp_path: Path, told: Faults, count: str) -> None:
    (tmp_path / "takes.json").write_text(f'{{"version": 1, "takes": {{"first-light": {count}}}}}')
    (tmp_path / "timbres.json").write_text(
        f'{{"version": 1, "timbres": {{"a/b": {{"step": {count}, "played": 0.0, "night": null, "part": 0}}}}}}'
    )
    store = StateStore(tmp_path, told)
    assert store.begin("first-light") == 0
    assert store.timbre("a", "b") == PathProgress()
    assert {fault.subject for fault in told.active} == {"takes.json", "timbres.json"}


def test_a_name_with_half_a_character_is_kept_and_written(tmp_path: Path, told: Faults) -> None:
    (tmp_path / "takes.json").write_text('{"version": 1, "takes": {"half \\ud800": 3}}')
    store = StateStore(tmp_path, told)
    assert store.begin("half \ud800") == 3
    store.remember(good(1, scene="half \ud800"))
    assert save(store)
    again = StateStore(tmp_path, told)
    assert again.begin("half \ud800") == 4
    assert again.loops("half \ud800", "lead") == (good(1, scene="half \ud800"),)
    assert told.active == ()


def test_a_loop_of_a_million_bars_is_none(tmp_path: Path, told: Faults) -> None:
    data = good(1).as_json()
    data["loop"]["bars"] = 10**12
    (tmp_path / "loops").mkdir()
    (tmp_path / "loops" / "first-light.json").write_text(json.dumps({"version": 1, "voices": {"lead": [data]}}))
    assert StateStore(tmp_path, told).loops("first-light", "lead") == ()


def test_more_scenes_than_are_kept_lose_nothing_where_a_write_fails(
    tmp_path: Path, told: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = StateStore(tmp_path, told)
    names = [f"scene-{number}" for number in range(KEPT_SCENES + 5)]
    for name in names:
        store.remember(good(1, scene=name))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _fail)
        assert not save(store)
        assert not save(store)
    for name in names:
        assert store.loops(name, "lead") == (good(1, scene=name),)
    assert save(store)
    assert told.active == ()
    store.changes()
    kept = {path.stem for path in (tmp_path / "loops").iterdir()}
    for name in kept:
        assert StateStore(tmp_path, told).loops(name, "lead") == (good(1, scene=name),)


def test_one_file_that_cannot_be_written_keeps_no_other_from_it(tmp_path: Path, told: Faults) -> None:
    (tmp_path / "loops").write_text("in the way")
    store = StateStore(tmp_path, told)
    store.remember(good(1))
    store.begin("first-light")
    assert not save(store)
    assert StateStore(tmp_path, Faults()).begin("first-light") == 1
    (tmp_path / "loops").unlink()
    assert save(store)
    assert StateStore(tmp_path, Faults()).loops("first-light", "lead") == (good(1),)


def test_a_late_write_does_not_undo_a_later_one_that_failed(
    tmp_path: Path, told: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = StateStore(tmp_path, told)
    store.begin("a")
    early = store.changes()
    store.begin("a")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _fail)
        assert not store.write(store.changes())
    assert store.write(early)
    assert save(store)
    assert StateStore(tmp_path, told).begin("a") == 2


def _fail(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "Make room on the disk"),
        (errno.EROFS, "remount,rw"),
        (errno.EIO, "replace it"),
        (errno.EDQUOT, "more room"),
    ],
)
def test_a_folder_that_cannot_be_written_is_a_fault_with_advice_until_it_can(
    tmp_path: Path, told: Faults, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    store = StateStore(tmp_path, told)
    store.begin("first-light")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        assert not save(store)
    [fault] = told.active
    assert fault.id == "state-unwritable"
    assert advice in fault.advice
    assert save(store)
    assert told.active == ()


def test_files_that_somebody_removes_while_it_plays_are_written_again(tmp_path: Path, told: Faults) -> None:
    folder = tmp_path / "state"
    store = StateStore(folder, told)
    store.begin("first-light")
    store.remember(good(1))
    store.keep_timbre("first-light", "bell", PathProgress(3))
    assert save(store)
    store.look()
    assert store.changes() == {}
    shutil.rmtree(folder)
    store.look()
    assert save(store)
    again = StateStore(folder, told)
    assert again.begin("first-light") == 1
    assert again.loops("first-light", "lead") == (good(1),)
    assert again.timbre("first-light", "bell") == PathProgress(3)


def test_what_was_set_aside_is_a_fault_until_somebody_has_seen_to_it(tmp_path: Path, told: Faults) -> None:
    (tmp_path / "takes.json").write_text("{")
    store = StateStore(tmp_path, told)
    store.begin("a")
    assert save(store)
    [fault] = told.active
    [aside] = tmp_path.glob("takes.json.broken-*")
    assert str(aside) in fault.advice
    aside.unlink()
    store.begin("a")
    assert save(store)
    assert told.active == ()


def test_a_clock_that_is_wrong_forgets_no_scene_that_plays(tmp_path: Path, told: Faults) -> None:
    store = StateStore(tmp_path, told)
    for number in range(KEPT_SCENES):
        store.remember(good(1, scene=f"scene-{number}"))
    assert save(store)
    for path in (tmp_path / "loops").iterdir():
        os.utime(path, (4e9, 4e9))  # they were written when the clock said 2096
    again = StateStore(tmp_path, told)
    for number in range(3):
        again.remember(good(1, scene=f"new-{number}"))
        assert save(again)
    names = {path.stem for path in (tmp_path / "loops").iterdir()}
    assert {"new-0", "new-1", "new-2"} <= names
    assert len(names) == KEPT_SCENES


def test_no_look_deletes_more_scenes_than_it_wrote(tmp_path: Path, told: Faults) -> None:
    store = StateStore(tmp_path, told)
    store.remember(good(1, scene="mine"))
    (tmp_path / "loops").mkdir()
    for number in range(2 * KEPT_SCENES):
        (tmp_path / "loops" / f"copied-{number}.json").touch()
    assert save(store)
    assert len(list((tmp_path / "loops").iterdir())) == 2 * KEPT_SCENES


def test_leftovers_of_a_power_cut_are_gone_after_the_next_start(tmp_path: Path, told: Faults) -> None:
    for folder in (tmp_path, tmp_path / "loops", tmp_path / "scenes"):
        folder.mkdir(exist_ok=True)
        (folder / ".takes.json.a1b2c3d4").touch()
    StateStore(tmp_path, told)
    assert not list(tmp_path.rglob(".takes*"))


@pytest.mark.parametrize("kind", ["folder", "fifo", "device", "dangling"])
def test_what_takes_a_files_place_while_it_runs_is_found_and_costs_nothing_that_lasts(
    tmp_path: Path, told: Faults, kind: str
) -> None:
    store = StateStore(tmp_path, told)
    store.begin("first-light")
    assert save(store)
    path = tmp_path / "takes.json"
    path.unlink()
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case _:
            path.symlink_to(tmp_path / "elsewhere.json")
    store.look()
    assert save(store)
    assert StateStore(tmp_path, Faults()).begin("first-light") == 1
