"""What a training refuses before it costs time, and what it says where the system refuses."""

from __future__ import annotations

import errno
import json
import math
import os
from pathlib import Path

import pytest

from reverie.cli.training_job import room_told
from reverie.training import bundle_place
from reverie.training.bundle_place import check_place, remove_drafts
from reverie.training.errors import TrainingError
from reverie.training.fit.training_progress import TrainingProgress
from reverie.training.recipes import check_trained, fit_inputs, recipe_of
from reverie.training.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "work")


def test_a_name_that_no_model_can_have_is_refused_before_training(tmp_path: Path, workspace: Workspace) -> None:
    with pytest.raises(TrainingError, match=r"'a b' is no name for a model.*--out"):
        check_place(tmp_path / "a b", workspace, replace=False)


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path.with_name(".writable.abcd1234")))

    monkeypatch.setattr(bundle_place, "check_writable", refused)
    with pytest.raises(OSError, match="Read-only file system") as told:
        check_place(tmp_path / "waltz", workspace, replace=False)
    assert told.value.filename == str(tmp_path)


def test_a_folder_is_no_model(tmp_path: Path, workspace: Workspace) -> None:
    with pytest.raises(TrainingError, match="is a folder; name a model in it with --out"):
        check_place(tmp_path, workspace, replace=True)


@pytest.mark.parametrize("ending", [".mag", ".tar", ".safetensors"])
def test_a_model_of_others_is_replaced_only_if_that_is_asked_for(
    tmp_path: Path, workspace: Workspace, ending: str
) -> None:
    out = tmp_path / "waltz"
    check_place(out, workspace, replace=False)
    (tmp_path / f"waltz{ending}").touch()
    with pytest.raises(TrainingError, match="is not of this training; name another file with --out, or give --replace"):
        check_place(out, workspace, replace=False)
    check_place(out, workspace, replace=True)
    workspace.folder.mkdir()
    workspace.finish("bundle", "", {"out": str(tmp_path / "waltz.safetensors")})
    check_place(out, workspace, replace=False)


def test_only_drafts_of_that_model_are_removed(tmp_path: Path) -> None:
    names = [".waltz.mag.abcd1234", ".waltz.safetensors.x_yz0123", ".walt.mag.abcd1234", ".waltz.mag", "waltz.mag"]
    for name in names:
        (tmp_path / name).touch()
    remove_drafts(tmp_path / "waltz")
    assert {path.name for path in tmp_path.iterdir()} == set(names[2:])


def test_examples_of_another_configuration_are_not_trained_on(workspace: Workspace) -> None:
    workspace.folder.mkdir()
    workspace.finish("dataset", "digest", {"census": {"config": "drum_kit"}})
    assert fit_inputs(recipe_of("drums"), workspace)
    with pytest.raises(TrainingError, match=r"its examples are for drum_kit, and not for attention_rnn.*--work"):
        fit_inputs(recipe_of("melody"), workspace)


def test_a_training_whose_loss_was_never_a_number_has_no_best(workspace: Workspace) -> None:
    workspace.folder.mkdir()
    TrainingProgress().after(1, math.nan, 1.0).write(workspace.progress)
    with pytest.raises(TrainingError, match="nothing is trained yet"):
        check_trained(workspace)
    TrainingProgress().after(1, 2.5, 1.0).write(workspace.progress)
    check_trained(workspace)
    assert json.loads(workspace.progress.read_text(encoding="utf-8"))["best_step"] == 1


def test_a_full_disk_is_told_with_what_helps(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(TrainingError, match="No space left on device; make room there"), room_told(tmp_path):
        raise full
    with pytest.raises(BrokenPipeError), room_told(tmp_path):
        raise BrokenPipeError
    with pytest.raises(PermissionError), room_told(tmp_path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(tmp_path))


def test_of_what_tensorflow_says_the_reason_is_told(tmp_path: Path) -> None:
    import tensorflow.compat.v1 as tf

    from reverie.training.fit.tensorflow_faults import faults_told

    text = "Graph execution error:\n\nDetected at node save/SaveV2\nw/model.ckpt; No space left on device\n\t[[save]]"
    with (
        pytest.raises(TrainingError, match=r"TensorFlow cannot go on \(No space left on device\)"),
        faults_told(tmp_path),
    ):
        raise tf.errors.ResourceExhaustedError(None, None, text)
    with pytest.raises(TrainingError, match=r"\(corrupted record at 12\)"), faults_told(tmp_path):
        raise tf.errors.DataLossError(None, None, "corrupted record at 12")
