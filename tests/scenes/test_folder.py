"""Scenes are found by name, and the last good version of each is kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reverie.documents import DocumentError
from reverie.places import scenes_folder
from reverie.scenes.folder import SceneError, SceneFolder

TEXT = """
name: dawn
title: {title}
tempo: 84
key: D
scale: dorian
voices:
  low: {{kind: bass, model: rnn, register: [C2, C4], output: {{channel: 2}}}}
"""


def write(folder: Path, title: str, name: str = "dawn") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(TEXT.format(title=title).replace("dawn", name), encoding="utf-8")
    return path


def test_a_broken_version_is_told_and_the_last_good_one_given(tmp_path: Path) -> None:
    path = write(tmp_path, "One")
    scenes = SceneFolder([tmp_path])
    assert scenes.load("dawn").fault is None
    path.write_text("name: dawn\ntempo: [", encoding="utf-8")
    broken = scenes.load("dawn")
    assert broken.scene.title == "One"
    assert isinstance(broken.fault, DocumentError)
    assert f"{path}:2:9: a value is missing here" in str(broken.fault)
    write(tmp_path, "Two")
    assert scenes.load("dawn").scene.title == "Two"
    assert scenes.load("dawn").fault is None


def test_a_file_that_is_gone_is_told_and_the_last_good_one_given(tmp_path: Path) -> None:
    path = write(tmp_path, "One")
    scenes = SceneFolder([tmp_path])
    scenes.load("dawn")
    path.unlink()
    gone = scenes.load("dawn")
    assert gone.scene.title == "One"
    assert isinstance(gone.fault, SceneError)


def test_the_last_good_version_outlasts_the_process(tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    path = write(tmp_path / "scenes", "One")
    SceneFolder([path.parent], keep=keep).load("dawn")
    path.write_text("", encoding="utf-8")
    after_power_cut = SceneFolder([path.parent], keep=keep).load("dawn")
    assert after_power_cut.scene.title == "One"
    assert "the file is empty" in str(after_power_cut.fault)


def test_a_kept_version_that_fits_no_more_is_not_played(tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    path = write(tmp_path / "scenes", "One")
    SceneFolder([path.parent], ["rnn"], keep=keep).load("dawn")
    with pytest.raises(DocumentError, match="there is no model 'rnn'"):
        SceneFolder([path.parent], ["other"], keep=keep).load("dawn")


def test_a_folder_that_cannot_be_written_keeps_nobody_from_playing(tmp_path: Path) -> None:
    path = write(tmp_path / "scenes", "One")
    (tmp_path / "keep").write_text("a file where a folder should be", encoding="utf-8")
    assert SceneFolder([path.parent], keep=tmp_path / "keep").load("dawn").fault is None


@pytest.mark.parametrize("name", ["loop", "file/below", "n" * 300, "below/" * 1000])
def test_a_state_folder_that_cannot_be_keeps_nobody_from_playing(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    path = write(tmp_path / "scenes", "One")
    scenes = SceneFolder([path.parent], keep=tmp_path / name)
    for _ in range(2):
        assert scenes.load("dawn").fault is None
    assert "cannot be kept for the next start" in caplog.text


def test_a_scene_that_was_never_good_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "dawn.yaml").write_text("", encoding="utf-8")
    with pytest.raises(DocumentError, match="the file is empty"):
        SceneFolder([tmp_path]).load("dawn")


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "One")
    scenes = SceneFolder([tmp_path, tmp_path / "missing"])
    with pytest.raises(SceneError, match="there is no scene 'down'; did you mean 'dawn'"):
        scenes.load("down")
    with pytest.raises(SceneError):
        scenes.load("../" + tmp_path.name + "/dawn")


def test_of_two_scenes_of_one_name_that_of_the_first_folder_counts(tmp_path: Path) -> None:
    write(tmp_path / "shipped", "Shipped")
    write(tmp_path / "shipped", "Noon", "noon")
    write(tmp_path / "own", "Own")
    (tmp_path / "own" / ".#dawn.yaml").write_text("an editor's", encoding="utf-8")
    scenes = SceneFolder([tmp_path / "own", tmp_path / "shipped"])
    assert scenes.names() == ("dawn", "noon")
    assert scenes.load("dawn").scene.title == "Own"


def test_a_kept_scene_that_somebody_removed_is_kept_again(tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    shutil.copy(scenes_folder() / "first-light.yaml", tmp_path / "scenes")
    folder = SceneFolder([tmp_path / "scenes"], keep=tmp_path / "kept")
    folder.load("first-light")
    shutil.rmtree(tmp_path / "kept")
    folder.load("first-light")
    (tmp_path / "scenes" / "first-light.yaml").unlink()
    assert SceneFolder([tmp_path / "scenes"], keep=tmp_path / "kept").load("first-light").scene.name == "first-light"


def test_what_is_in_the_place_of_a_kept_scene_is_set_aside(tmp_path: Path) -> None:
    path = write(tmp_path / "scenes", "One")
    (tmp_path / "kept" / "dawn.yaml" / "in it").mkdir(parents=True)
    SceneFolder([path.parent], keep=tmp_path / "kept").load("dawn")
    path.unlink()
    assert SceneFolder([path.parent], keep=tmp_path / "kept").load("dawn").scene.title == "One"
    assert len(list((tmp_path / "kept").glob("dawn.yaml.broken-*/in it"))) == 1
