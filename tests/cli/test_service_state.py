"""Commands that ask what the service keeps look where the service keeps it, whoever asks."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from reverie.cli.configuration import state_that_counts
from reverie.cli.main import main
from reverie.history.day_book import FILE
from reverie.site.schema import Site


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of a service; this user has none, and the working folder names none."""
    folder = tmp_path / "service"
    folder.mkdir()
    monkeypatch.setattr("reverie.places.SERVICE_STATE", folder)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.delenv("REVERIE_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return folder


def test_the_report_of_a_service_was_said_to_know_no_day(service: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--day", "today"]) == 1
    assert f"{service / FILE}: nothing is known of " in capsys.readouterr().err


def test_the_doctor_looked_into_a_folder_of_whoever_asked(
    service: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (service / "models").mkdir()
    (service / "models" / "own.safetensors").write_bytes(b"no model")
    main(["doctor", "--json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    told = {one["point"]: one["sentence"] for one in findings}
    assert str(service) in told["state"]
    assert str(service / "tape") in told["tape"]
    assert "own" in told["models"]
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(("who", "whose"), [(0, "service"), (1000, "home/.local/state/reverie")])
def test_a_folder_that_a_command_of_roots_had_left_was_backed_up_for_the_services(
    service: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: int, whose: str
) -> None:
    (tmp_path / "home" / ".local" / "state" / "reverie" / "models").mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: who)
    assert state_that_counts(Site()) == tmp_path / whose
    assert state_that_counts(Site.model_validate({"state": str(tmp_path / "own")})) == tmp_path / "own"
