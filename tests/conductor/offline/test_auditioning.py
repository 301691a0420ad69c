from __future__ import annotations

import json
from pathlib import Path

import mido
import pytest
import soundfile
import yaml

from fakes.engine import DiceEngine
from fakes.html_pages import ReadPage
from fakes.scenes import scene
from reverie.cli.main import main
from reverie.conductor.offline import auditioning
from reverie.conductor.offline.performing import perform
from reverie.conductor.offline.sound_file import MISSING, PerformError
from reverie.places import scenes_folder
from reverie.scenes.folder import load_scene

FIRST_LIGHT = scenes_folder() / "first-light.yaml"


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without FluidSynth."""
    monkeypatch.setenv("PATH", "/nowhere")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def run(*arguments: str | Path) -> int:
    return main(["audition", *map(str, arguments)])


def midi(path: Path, seed: int) -> Path:
    perform(scene(), {}, DiceEngine(), bars=12, seed=seed, path=path, progress=lambda _bar: None)
    return path


@pytest.mark.usefixtures("silent")
def test_without_fluidsynth_there_is_a_page_that_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run("first-light", "--bars", "12", "--seed", "3", "--out", out) == 0
    assert files(out) == ["figures.json", "index.html", "music.mid"]
    page = ReadPage((out / "index.html").read_text())
    assert page.fetched == []
    assert any("FluidSynth is needed" in text for text in page.text)
    told = capsys.readouterr()
    assert MISSING in told.err
    assert "Open " in told.out
    assert len(mido.MidiFile(out / "music.mid").tracks) == 1 + len(load_scene(FIRST_LIGHT).voices)


@pytest.mark.usefixtures("silent")
def test_the_figures_are_those_that_measure_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("first-light", "--bars", "12", "--seed", "3", "--out", tmp_path / "out", "--json") == 0
    auditioned = json.loads(capsys.readouterr().out)["sides"][0]["figures"]
    assert main(["measure", "first-light", "--bars", "12", "--seed", "3", "--json"]) == 0
    assert auditioned == json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("silent")
def test_seeds_files_and_folders_stand_beside_each_other(tmp_path: Path) -> None:
    one, other = midi(tmp_path / "one.mid", 1), midi(tmp_path / "other.mid", 2)
    assert run(one, "--out", tmp_path / "a") == 0
    assert run(one, "--compare", other, "--out", tmp_path / "b") == 0
    assert files(tmp_path / "b") == ["figures.json", "first.mid", "index.html", "second.mid"]
    assert run(tmp_path / "a", "--compare", tmp_path / "b", "--out", tmp_path / "c") == 0
    assert (tmp_path / "c" / "first.mid").read_bytes() == one.read_bytes()
    page = ReadPage((tmp_path / "c" / "index.html").read_text())
    assert "difference" in page.text
    assert any("composed by version" in text for text in page.text)
    assert run("first-light", "--bars", "8", "--seed", "1", "--compare-seed", "2", "--out", tmp_path / "d") == 0
    assert "First light (seed 1) beside First light (seed 2)" in ReadPage((tmp_path / "d/index.html").read_text()).text


@pytest.mark.usefixtures("silent")
def test_a_folder_of_a_scene_keeps_the_roles_of_its_voices(tmp_path: Path) -> None:
    data = yaml.safe_load((scenes_folder() / "cat-dreams.yaml").read_text())
    for name in ("kalimba", "yawn"):
        del data["voices"][name]
    del data["form"]
    path = tmp_path / "cat-dreams.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    assert run(path, "--bars", "12", "--out", tmp_path / "a") == 0
    assert run(tmp_path / "a", "--out", tmp_path / "b") == 0
    one, other = (json.loads((tmp_path / name / "figures.json").read_text())["sides"][0] for name in "ab")
    assert one["roles"] == other["roles"]
    assert one["roles"]["pizzicato"] == "bass"
    assert one["figures"] == other["figures"]


@pytest.mark.usefixtures("silent")
def test_an_earlier_audition_is_replaced_and_what_else_is_there_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    for seed in (1, 2):
        assert run(midi(tmp_path / f"{seed}.mid", seed), "--out", out) == 0
    assert files(out) == ["figures.json", "index.html", "music.mid", "notes.txt"]
    assert (out / "music.mid").read_bytes() == (tmp_path / "2.mid").read_bytes()


@pytest.mark.usefixtures("silent")
def test_an_interruption_leaves_the_earlier_one_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, one = tmp_path / "out", midi(tmp_path / "one.mid", 1)
    assert run(one, "--out", out) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def interrupted(_sides: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(auditioning, "page", interrupted)
    assert run(midi(tmp_path / "two.mid", 2), "--out", out) == 130
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert files(tmp_path) == ["one.mid", "out", "two.mid"]


@pytest.mark.usefixtures("silent")
def test_what_cannot_be_auditioned_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.mid").write_text("no music")
    for music, out, sentence in (
        ("no-such-scene", "out", "no-such-scene"),
        (tmp_path / "text.mid", "out", "text.mid cannot be measured: it is no Standard MIDI File"),
        (tmp_path / "none.mid", "out", "none.mid cannot be read"),
        (tmp_path / "folder", "out", "folder is no folder of an audition"),
        ("first-light", "file", "file is there and is no folder"),
    ):
        assert run(music, "--bars", "2", "--out", tmp_path / out) == 1
        assert sentence in capsys.readouterr().err
    (tmp_path / "folder" / "figures.json").write_text('{"version": "1", "sides": [{}]}')
    assert run(tmp_path / "folder", "--out", tmp_path / "out") == 1
    assert "figures.json is broken" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.real
def test_a_scene_is_heard_with_its_timbres_and_seen(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("first-light", "--bars", "8", "--compare", "night-watch", "--out", out) == 0
    assert files(out) == ["figures.json", "first.mid", "first.wav", "index.html", "second.mid", "second.wav"]
    page = ReadPage((out / "index.html").read_text())
    assert page.fetched == ["first.wav", "second.wav"]
    assert len(page.of("img")) >= 4
    seconds = [soundfile.info(str(out / name)).duration for name in ("first.wav", "second.wav")]
    assert seconds[0] > 8 * 4 * 60 / 87
    assert seconds[1] > 8 * 4 * 60 / 60


def test_other_errors_of_rendering_are_told_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise PerformError("FluidSynth could not render it: out of strings")

    monkeypatch.setattr(auditioning, "render", broken)
    assert run(midi(tmp_path / "one.mid", 1), "--out", tmp_path / "out") == 0
    assert "out of strings." in (tmp_path / "out" / "index.html").read_text()
