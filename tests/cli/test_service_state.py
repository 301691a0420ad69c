"""Commands that ask what the service keeps look where the service keeps it, whoever asks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reverie.cli.main import main
from reverie.history.day_book import FILE


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
