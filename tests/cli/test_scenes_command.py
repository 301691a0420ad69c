"""``reverie scenes``: what there is to play, and what is wrong with the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.scenes import TEXT
from reverie.cli.main import main
from reverie.places import scenes_folder

SHIPPED = (
    "carousel",
    "cat-dreams",
    "chorale",
    "first-light",
    "four-tunes",
    "low-tide",
    "night-piano",
    "night-watch",
    "seven-steps",
    "sleepers",
    "still-water",
    "tin-roof",
    "wheels",
)
SITE = """
scene: study
scenes: [mine]
programme:
  - {at: "07:00", scene: study}
  - {at: "20:00", scene: night-watch}
  - {at: "21:30", scene: nigth-watch}
  - {at: "22:00", scene: null}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "study.yaml").write_text(TEXT)
    (mine / "torn.yaml").write_text(TEXT.replace("name: study", "name: torn").replace("slot: main", "slot: mian", 1))
    (mine / "first-light.yaml").write_text("name: first-light\n")
    path = tmp_path / "reverie.yaml"
    path.write_text(SITE)
    return path


def test_every_scene_is_told_and_what_is_wrong_with_the_others(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenes", "--config", str(site)]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    at = lines.index("study: A study (the site begins with it, from 07:00)")
    assert lines[at + 1] == "    120 quarters a minute; 4/4; D dorian; loops of 1 to 2 bars, 2.0 to 4.0 s"
    assert lines[at + 2] == "    voices: beat (drums), lead (melody)"
    at = lines.index("torn: broken")
    place = f"{site.parent / 'mine' / 'torn.yaml'}:15:20: there is no slot 'mian'; did you mean 'main'?"
    assert lines[at + 1] == f"    {place}"
    assert "night-watch: Night watch (from 20:00)" in lines
    assert "first-light: broken" in lines, "the site's own hides the one that is shipped"
    assert "asks for a scene in vain: there is no scene 'nigth-watch'; did you mean 'night-watch'?" in said.err


def test_programs_read_the_same_as_json(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenes", "--config", str(site), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    scenes = {one["name"]: one for one in told["scenes"]}
    assert list(scenes) == sorted([*SHIPPED, "study", "torn"])
    assert scenes["study"] == {
        "name": "study",
        "path": str(site.parent / "mine" / "study.yaml"),
        "begins": True,
        "hours": ["07:00"],
        "faults": [],
        "title": "A study",
        "tempo": 120,
        "drift": 0,
        "metre": "4/4",
        "key": "D dorian",
        "seconds_per_bar": 2.0,
        "voices": [
            {"name": "beat", "kind": "drums", "model": "drum_kit", "bars": 1},
            {"name": "lead", "kind": "melody", "model": "attention_rnn", "bars": 2},
        ],
    }
    [fault] = scenes["torn"]["faults"]
    assert (fault["line"], fault["column"]) == (15, 20)
    assert "title" not in scenes["torn"]
    assert len(told["missing"]) == 1


def test_a_line_break_in_the_name_of_a_file_begins_no_line(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site.parent / "mine" / "a\nb.yaml").write_text("voices: 3\n")
    assert main(["scenes", "--config", str(site)]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("a\\nb: broken")
    assert f"{site.parent / 'mine'}/a\\nb.yaml:1:" in lines[at + 1]


def test_a_folder_that_is_missing_is_told(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.write_text("scenes: [nowhere]\n")
    assert main(["scenes", "--config", str(site)]) == 0
    said = capsys.readouterr()
    assert f"{site.parent / 'nowhere'}: there is no such folder" in said.err
    assert [line.split(":")[0] for line in said.out.splitlines() if not line.startswith(" ")] == list(SHIPPED)


def test_the_shipped_scenes_by_the_real_program(tmp_path: Path) -> None:
    site = tmp_path / "reverie.yaml"
    site.write_text("scene: first-light\n")
    command = [sys.executable, "-m", "reverie", "scenes", "--config", str(site)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split(":")[0] for line in done.stdout.splitlines() if not line.startswith(" ")] == list(SHIPPED)
    assert sorted(path.stem for path in scenes_folder().glob("*.yaml")) == list(SHIPPED)
    assert "first-light: First light (the site begins with it)" in done.stdout


def test_a_scene_is_shown_by_its_name_or_its_file(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = [
        "study: A study",
        "    beat  drums by drum_kit, 1 bar         reset x2, then over and over: continue x2 > mutate x2",
        "    lead  melody by attention_rnn, 2 bars  reset x1, then over and over: continue x1 > loop x1 > reset x1",
    ]
    for scene in ("study", str(site.parent / "mine" / "study.yaml")):
        assert main(["scenes", "show", scene, "--config", str(site)]) == 0
        assert capsys.readouterr().out.splitlines() == shown
    assert main(["scenes", "show", "torn", "--config", str(site)]) == 1
    assert "torn.yaml:15:20: there is no slot 'mian'; did you mean 'main'?" in capsys.readouterr().err
