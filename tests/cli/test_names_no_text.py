"""Names of files that are no UTF-8 are shown everywhere, and stop nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reverie.cli.main import main
from reverie.conductor.arranging.check import check
from reverie.conductor.configuration.site_resources import keep_as_last_good, site_in_force
from reverie.errors import printable
from reverie.processes.wire import decode, encode
from reverie.site.load import load_site
from reverie.watch.fault_kinds import Severity
from reverie.watch.faults import Fault
from reverie.watch.metrics import Metrics

NAME = os.fsdecode(b"caf\xe9")


def reverie(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "reverie.cli.main", *arguments]
    return subprocess.run(command, capture_output=True, check=False, env={**os.environ, **environment})


@pytest.mark.parametrize("language", ["C.UTF-8", "C"])
def test_check_tells_the_faults_of_a_file_whose_name_is_no_text(tmp_path: Path, language: str) -> None:
    path = tmp_path / f"{NAME}.yaml"
    path.write_text("voices: 1\n")
    done = reverie("check", str(path), LC_ALL=language, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"caf\\xe9.yaml:1:9: 'voices' must be a mapping" in done.stdout
    rows = json.loads(reverie("check", str(path), "--json").stdout)
    assert rows[0]["path"] == str(path)


def test_a_configuration_that_is_missing_is_told_whatever_its_name() -> None:
    done = reverie("status", "--config", f"/{NAME}/reverie.yaml")
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"there is no configuration /caf\\xe9/reverie.yaml" in done.stderr


def test_metrics_and_wire_have_such_names() -> None:
    assert printable(f"a/{NAME}/\ud800") == "a/caf\\xe9/\\ud800".replace("a/", "a/", 1)
    metrics = Metrics("1", "numpy")
    metrics.faults_are([Fault("file-unreadable", NAME, "It cannot be read.", "See to it.", Severity.NOTICE)])
    assert b'subject="caf\\\\xe9"' in metrics.render()[0]
    assert decode(encode({"type": "x", "tape": NAME})) == {"type": "x", "tape": NAME}


def test_what_was_last_good_is_read_again_from_a_folder_of_such_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    path = tmp_path / NAME / "reverie.yaml"
    path.parent.mkdir()
    path.write_text("scenes: [mine]\ntape: {folder: tape}\n")
    good = load_site(path)
    keep_as_last_good(good, path)
    path.write_text("tape: 3\n")
    assert site_in_force(path).site == good


def test_a_scene_of_such_a_name_is_told_and_the_others_are_there(tmp_path: Path) -> None:
    (tmp_path / "reverie.yaml").write_text("scenes: [.]\n")
    (tmp_path / f"{NAME}.yaml").write_text("name: cafe\n")
    assert main(["check", str(tmp_path / f"{NAME}.yaml"), "--config", str(tmp_path / "reverie.yaml")]) == 1


@pytest.mark.parametrize("stem", [NAME, "two\nlines", "\x1b[31mred"])
def test_a_scene_whose_file_no_name_can_match_is_told_to_rename_the_file(stem: str, tmp_path: Path) -> None:
    path = tmp_path / f"{stem}.yaml"
    path.write_text("name: dawn\n")
    faults = [fault.message for fault in check([path]) if "name of this file" in fault.message]
    assert faults == ["the name of this file is no text that can be written here; rename the file to dawn.yaml"]
