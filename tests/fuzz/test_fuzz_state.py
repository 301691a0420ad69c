"""Whatever is in the files of a state folder, it is opened, plays, and loses nothing but the file that is wrong."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.conductors import MODELS
from fakes.daemon import STUDY
from fakes.recipes import recipe
from reverie.compose.good_loop import GoodLoop
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.repertoire import Repertoire, SceneResources
from reverie.conductor.configuration.site_resources import keep_as_last_good, site_in_force
from reverie.conductor.keeping.tape_retention import Ages
from reverie.errors import ReverieError
from reverie.history.control_log import Record, Use
from reverie.history.state import StateStore
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.play.recording.ledger import Ledger
from reverie.play.recording.tape_export import seal
from reverie.processes.codec import to_message
from reverie.processes.wire import encode
from reverie.scenes.folder import SceneFolder
from reverie.site.actions import Action
from reverie.site.learned import FILE, update
from reverie.site.load import load_site
from reverie.timbre.bank.unfinished import unfinished
from reverie.timbre.schedule import PathProgress
from reverie.watch.faults import Faults

pytestmark = pytest.mark.slow
bounded = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)

GOOD = GoodLoop(recipe(scene="study", voice="lead"), Loop(2, Metre(), (Note(0, 120, 62),)))
NAMES = ("takes.json", "timbres.json", "loops/study.json")
ODD_NUMBERS = st.sampled_from(
    [-1, 0, 1, True, 2**31, 2**53, 2**63, 10**30, -(10**30), 1e308, -0.0, 0.5, float("nan"), float("inf")]
)
SCALARS = st.none() | st.booleans() | ODD_NUMBERS | st.integers() | st.text(max_size=9) | st.just("\ud800")
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
DEEP = st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b'{"version": 1, "takes": {"a": 1e999}}', b"9" * 5000])


def ways(data: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in plain data."""
    keys: list[Any] = list(data) if isinstance(data, dict) else list(range(len(data))) if isinstance(data, list) else []
    return [way, *(found for key in keys for found in ways(data[key], (*way, key)))]


@st.composite
def damaged(draw: st.DrawFn, good: bytes) -> bytes:
    """The bytes of a file after an accident, or after somebody who meant no good."""
    match draw(st.integers(0, 5)):
        case 0:
            return draw(st.binary(max_size=200))
        case 1:
            return draw(DEEP)
        case 2:
            return good[: draw(st.integers(0, len(good)))]
        case 3:
            at = draw(st.integers(0, len(good)))
            return good[:at] + draw(st.binary(min_size=1, max_size=4)) + good[at + draw(st.integers(0, 4)) :]
        case _:
            data = json.loads(good)
            for _ in range(draw(st.integers(1, 3))):
                *way, last = draw(st.sampled_from([way for way in ways(data) if way] or [("version",)]))
                holder = data
                for key in way:
                    holder = holder[key]
                if draw(st.booleans()) and isinstance(holder, dict):
                    holder.pop(last, None)
                else:
                    holder[last] = draw(VALUES)
            return json.dumps(data).encode(errors="surrogatepass")


def put_odd(path: Path, kind: str) -> None:
    path.unlink(missing_ok=True)
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "circle":
            path.symlink_to(path.name)
        case "dangling":
            path.symlink_to("nowhere/at/all")
        case "huge":
            path.touch()
            os.truncate(path, 10_000_000_000)
        case _:
            path.symlink_to(f"/dev/{kind}")


ODD = st.sampled_from(["fifo", "folder", "circle", "zero", "full", "null", "dangling", "huge"])


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    store = StateStore(folder / "state", Faults())
    store.begin("study")
    store.remember(GOOD)
    store.keep_timbre("study", "bell", PathProgress(3, 4.5, 739_000, 2))
    assert store.write(store.changes())
    (folder / "scenes").mkdir()
    (folder / "scenes" / "study.yaml").write_text(STUDY)
    return folder


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Callable[[], Path]:
    """Makes a copy of the good state, and takes the one before away."""
    root = tmp_path_factory.mktemp("fresh")
    before: list[Path] = []

    def make() -> Path:
        for path in before:
            shutil.rmtree(path)
        folder = root / str(len(before))
        before[:] = [folder]
        shutil.copytree(template, folder)
        return folder

    return make


def play(folder: Path) -> StateStore:
    """Open the state, play its scene from it, and write it back."""
    store = StateStore(folder / "state", Faults())
    means = SceneResources(MODELS, {"main": {"kind": "port"}}, ())
    scenes = SceneFolder([folder / "scenes"], keep=folder / "state" / "scenes")
    repertoire = Repertoire(scenes, store, means, Faults())
    scene = repertoire.load("study")
    assert scene is not None
    performance = repertoire.perform(scene, 1)
    places = performance.opening()
    assert {place.part for place in places} == set(scene.voices)
    for place in places:
        encode(to_message(place))
    store.timbre("study", "bell")
    store.remember(GOOD)
    store.keep_timbre("study", "bell", PathProgress(9))
    return store


def check(folder: Path, wrong: str) -> None:
    """It plays, what is right is still known, and afterwards all is right again."""
    store = play(folder)
    takes = json.loads((folder / "state" / "takes.json").read_bytes())["takes"]["study"] if wrong != NAMES[0] else 1
    assert takes == 1
    if wrong != "loops/study.json":
        assert store.loops("study", "lead")[-1] == GOOD
    written = store.write(store.changes()) or (folder / "state" / wrong).is_symlink()
    assert written
    again = StateStore(folder / "state", Faults())
    assert wrong == "takes.json" or again.begin("study") == 2
    if not (folder / "state" / wrong).is_symlink():
        assert again.timbre("study", "bell") == PathProgress(9)
        assert again.loops("study", "lead")[-1] == GOOD


@bounded
@given(st.data())
def test_any_bytes_in_any_file_of_the_state(template: Path, fresh: Callable[[], Path], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    content = data.draw(damaged((template / "state" / name).read_bytes()))
    folder = fresh()
    (folder / "state" / name).write_bytes(content)
    check(folder, name)


@bounded
@given(st.sampled_from(NAMES), ODD)
def test_anything_in_the_place_of_a_file_of_the_state(fresh: Callable[[], Path], name: str, kind: str) -> None:
    folder = fresh()
    put_odd(folder / "state" / name, kind)
    check(folder, name)


@bounded
@given(content=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass")))
def test_any_bytes_in_a_kept_scene_and_a_kept_configuration(
    fresh: Callable[[], Path], content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fresh()
    monkeypatch.setenv("STATE_DIRECTORY", str(folder / "state"))
    site = folder / "reverie.yaml"
    site.write_text("scene: study\n")
    keep_as_last_good(load_site(site), site)
    [kept] = (folder / "state" / "configurations").iterdir()
    site.write_bytes(b"scene: [")
    kept.write_bytes(content)
    assert site_in_force(site).fault is not None

    (folder / "state" / "scenes").mkdir()
    (folder / "state" / "scenes" / "study.yaml").write_bytes(content)
    (folder / "scenes" / "study.yaml").write_bytes(b"name: [")
    scenes = SceneFolder([folder / "scenes"], keep=folder / "state" / "scenes")
    with contextlib.suppress(ReverieError):  # which is told, and another scene plays
        scenes.load("study")


@bounded
@given(kind=ODD)
def test_anything_in_the_place_of_a_kept_scene_and_a_kept_configuration(
    fresh: Callable[[], Path], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fresh()
    monkeypatch.setenv("STATE_DIRECTORY", str(folder / "state"))
    site = folder / "reverie.yaml"
    site.write_text("scene: study\n")
    keep_as_last_good(load_site(site), site)
    [kept] = (folder / "state" / "configurations").iterdir()
    put_odd(kept, kind)
    with contextlib.suppress(OSError):  # which is told
        keep_as_last_good(load_site(site), site)
    site.write_bytes(b"scene: [")
    assert site_in_force(site).fault is not None
    (folder / "state" / "scenes").mkdir()
    put_odd(folder / "state" / "scenes" / "study.yaml", kind)
    assert SceneFolder([folder / "scenes"], keep=folder / "state" / "scenes").load("study").fault is None


@bounded
@given(st.binary(max_size=400))
def test_any_bytes_in_caches_and_records(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "caches"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "memories").mkdir(parents=True)
    (folder / "memories" / "a").write_bytes(content)
    assert Memories(folder / "memories").find("a") is None

    (folder / "uses.jsonl").write_bytes(content)
    record = Record(folder / "uses.jsonl", Faults())
    record._write([Use.of(Action("tempo", 90.0), "osc")])
    assert json.loads((folder / "uses.jsonl").read_bytes().splitlines()[-1])["value"] == 90.0

    (folder / ".ages.json").write_bytes(content)
    assert Ages(folder).older_than(1, {"2026-11-01"}) == set()

    (folder / "main.ledger").write_bytes(content)
    Ledger(folder, "main").note_on(0, 60)
    assert (0, 60) in Ledger(folder, "main").open_notes()

    with unfinished(folder, "bank") as kept:
        (folder / "unfinished" / "bank" / "a").write_bytes(content)
        kept.get("a")

    (folder / FILE).write_bytes(content)
    try:
        update(folder / FILE, {"slots": {}})
    except ReverieError:
        assert (folder / FILE).read_bytes() == content


LINES = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.builds(
            "{} {} {}".format,
            st.sampled_from("LHBPEX"),
            st.integers(-5, 4000),
            st.sampled_from(["903c64 lead 0", "803c00 lead 0", "903c00 lead", "120 4/4 one", "nan 4/4 x", "ab lead"]),
        ),
    ),
    max_size=30,
)


@bounded
@given(LINES | st.binary(max_size=300))
def test_any_journal_becomes_a_file_in_which_every_note_ends(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str] | bytes
) -> None:
    folder = tmp_path_factory.getbasetemp() / "journals"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    journal = folder / "2026-11-22T14.journal"
    text = lines if isinstance(lines, bytes) else "".join(f"{line}\n" for line in lines).encode(errors="replace")
    journal.write_bytes(text)
    for track in mido.MidiFile(seal(journal)).tracks:
        sounding = set[tuple[int, int]]()
        for message in track:
            if message.type == "note_on" and message.velocity:
                assert (message.channel, message.note) not in sounding
                sounding.add((message.channel, message.note))
            elif message.type in {"note_on", "note_off"}:
                sounding.discard((message.channel, message.note))
        assert not sounding
