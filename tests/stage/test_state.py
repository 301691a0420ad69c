import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.recipes import recipe
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.stage.state import KEPT_SCENES, GoodLoop, StateStore


def good(number: int, *, scene: str = "first-light", voice: str = "lead") -> GoodLoop:
    note = Note(start=0, length=120, pitch=60 + number, velocity=90)
    return GoodLoop(recipe(scene=scene, voice=voice, seed=number), Loop(2, Metre(), (note,)))


def save(store: StateStore) -> bool:
    return store.write(store.changes())


@pytest.fixture
def told() -> list[str]:
    return []


def test_a_new_folder_remembers_nothing_and_complains_of_nothing(tmp_path: Path, told: list[str]) -> None:
    store = StateStore(tmp_path / "state", told.append)
    assert store.loops("first-light", "lead") == ()
    assert store.changes() == {}
    assert told == []


def test_takes_are_counted_over_restarts(tmp_path: Path, told: list[str]) -> None:
    for take in range(3):
        store = StateStore(tmp_path, told.append)
        assert store.begin("first-light") == take
        assert save(store)
    assert StateStore(tmp_path, told.append).begin("night-watch") == 0
    assert told == []


def test_the_last_loops_outlast_the_daemon(tmp_path: Path, told: list[str]) -> None:
    store = StateStore(tmp_path, told.append)
    store.begin("first-light")
    for number in range(5):
        store.remember(good(number))
    store.remember(good(7, voice="bass"))
    assert save(store)

    again = StateStore(tmp_path, told.append)
    assert again.begin("first-light") == 1
    assert again.loops("first-light", "lead") == (good(2), good(3), good(4))
    assert again.loops("first-light", "bass") == (good(7, voice="bass"),)
    assert again.loops("first-light", "drums") == ()
    assert told == []


def test_a_loop_that_comes_again_takes_no_second_place(tmp_path: Path, told: list[str]) -> None:
    store = StateStore(tmp_path, told.append)
    for number in (1, 2, 1, 1):
        store.remember(good(number))
    assert store.loops("first-light", "lead") == (good(2), good(1))


def test_only_what_changed_is_written(tmp_path: Path, told: list[str]) -> None:
    store = StateStore(tmp_path, told.append)
    store.begin("a")
    store.remember(good(1, scene="a"))
    assert {path.name for path in store.changes()} == {"takes.json", "a.json"}
    store.remember(good(1, scene="b"))
    assert {path.name for path in store.changes()} == {"b.json"}
    assert store.changes() == {}


def test_scenes_long_unused_are_forgotten(tmp_path: Path, told: list[str]) -> None:
    store = StateStore(tmp_path, told.append)
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
        b'{"version": 2, "voices": {}, "scene": "x"}',
        b'{"version": 1}',
        b'{"version": 1, "voices": [1]}',
        b'{"version": 1, "voices": {"lead": [{"recipe": {}, "loop": {}}]}}',
        b"[" * 100_000,
    ],
)
def test_a_broken_file_is_set_aside_and_told_of_once(tmp_path: Path, told: list[str], text: bytes) -> None:
    (tmp_path / "loops").mkdir()
    (tmp_path / "loops" / "first-light.json").write_bytes(text)
    store = StateStore(tmp_path, told.append)
    assert store.loops("first-light", "lead") == ()
    assert store.loops("first-light", "bass") == ()
    assert len(told) == 1
    assert "was broken and now lies beside it" in told[0]
    (aside,) = (tmp_path / "loops").iterdir()
    assert aside.name.startswith("first-light.json.broken-")
    assert aside.read_bytes() == text
    store.remember(good(1))
    assert save(store)
    assert StateStore(tmp_path, told.append).loops("first-light", "lead") == (good(1),)


def test_a_broken_file_of_takes_is_set_aside_too(tmp_path: Path, told: list[str]) -> None:
    (tmp_path / "takes.json").write_text("first-light")
    assert StateStore(tmp_path, told.append).begin("first-light") == 0
    assert len(told) == 1


def test_no_name_of_a_scene_leads_out_of_the_folder(tmp_path: Path, told: list[str]) -> None:
    store = StateStore(tmp_path / "state", told.append)
    store.remember(good(1, scene="../../escaped"))
    assert save(store)
    assert [path.name for path in (tmp_path / "state" / "loops").iterdir()] == ["..%2F..%2Fescaped.json"]


def test_a_folder_that_cannot_be_written_is_told_of_once_and_tried_again(tmp_path: Path, told: list[str]) -> None:
    folder = tmp_path / "state"
    folder.write_text("a file where the folder should be")
    store = StateStore(folder, told.append)
    assert store.loops("first-light", "lead") == ()
    told.clear()
    store.begin("first-light")
    for number in range(3):
        store.remember(good(number))
        assert not save(store)
    assert len(told) == 1
    assert str(folder) in told[0]
    assert "plays on" in told[0]

    folder.unlink()
    assert save(store)
    again = StateStore(folder, told.append)
    assert again.begin("first-light") == 1
    assert again.loops("first-light", "lead") == (good(0), good(1), good(2))


def test_a_daemon_killed_while_writing_leaves_a_whole_file(tmp_path: Path, told: list[str]) -> None:
    store = StateStore(tmp_path, told.append)
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
    assert StateStore(tmp_path, told.append).loops("first-light", "lead") == (good(1),)
    assert told == []
