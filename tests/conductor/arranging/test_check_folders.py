"""Folders that a site names and that are of no use, told at their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie.cli.main import main
from reverie.conductor.arranging.check import check

GOOD = "name: x\n"


def told(tmp_path: Path, text: str) -> list[str]:
    site = tmp_path / "reverie.yaml"
    site.write_text(text)
    return [str(fault).removeprefix(f"{site}:") for fault in check([site], site)]


def test_a_folder_of_scenes_that_is_missing_is_no_right_file(tmp_path: Path) -> None:
    [fault] = told(tmp_path, "scene: first-light\nscenes:\n  - scene\n")
    assert fault == f"3:5: {tmp_path / 'scene'}: there is no such folder; mend the path, or make it"


def test_a_file_in_place_of_a_folder_of_scenes_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD)
    [fault] = told(tmp_path, "scenes: [mine.yaml]\n")
    assert fault.startswith(f"1:10: {tmp_path / 'mine.yaml'}: this is no folder")


@pytest.mark.parametrize("name", ["museum.yml", "MUSEUM.YAML", "museum.Yml"])
def test_scenes_with_an_ending_that_is_not_looked_for_are_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / name).write_text(GOOD)
    (tmp_path / "scenes" / "other.yml").write_text(GOOD)
    [fault] = told(tmp_path, "scenes: [scenes]\n")
    assert "1:10: " in fault
    assert "the files of scenes end in .yaml, and " in fault
    assert f"{name} and 1 more" in fault or "other.yml and 1 more" in fault
    for path in (tmp_path / "scenes").iterdir():
        path.with_suffix(".yaml").write_text(GOOD)
    assert told(tmp_path, "scenes: [scenes]\n") == []


def test_an_empty_folder_of_scenes_is_right(tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    assert told(tmp_path, "scenes: [scenes]\n") == []


@pytest.mark.parametrize("key", ["models", "state", "tape: {folder", "timbre: {folder"])
def test_other_folders_that_can_be_none_are_told_and_missing_ones_are_made_later(tmp_path: Path, key: str) -> None:
    (tmp_path / "file").touch()
    end = "}" if "{" in key else ""
    [fault] = told(tmp_path, f"{key}: file{end}\n")
    assert fault.startswith("1:")
    assert "this is no folder" in fault
    [fault] = told(tmp_path, f"{key}: {'x' * 300}{end}\n")
    assert "File name too long" in fault
    assert told(tmp_path, f"{key}: missing{end}\n") == []


@pytest.mark.parametrize("command", [("timbre", "list"), ("models", "list")])
def test_a_command_that_the_system_refuses_a_folder_says_so_without_a_traceback(
    tmp_path: Path, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    site, long = tmp_path / "reverie.yaml", "x" * 300
    site.write_text(f"timbre: {{folder: {long}}}\nmodels: {long}\n")
    status = main([*command, "--site", str(site)])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert status == 0 or "File name too long" in said.err
