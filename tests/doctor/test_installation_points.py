"""What is installed: each fault with its advice, in every language."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from fakes.daemon import PADS
from reverie.conductor.configuration.site_resources import site_in_force
from reverie.doctor.finding import Finding
from reverie.doctor.finding_texts import LANGUAGES, finding_texts
from reverie.doctor.installation_points import installation_points
from reverie.models.errors import ModelError


class Usage(NamedTuple):
    """What shutil says of a disk."""

    free: int


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One scene is shipped, and models need not be read."""
    monkeypatch.setattr("reverie.doctor.installation_points.read_bundle", lambda path: path)
    monkeypatch.setattr("reverie.doctor.installation_points.check_answer", lambda _: 0.0)
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "first-light.yaml").write_text(PADS.replace("name: pads", "name: first-light"))
    monkeypatch.setattr("reverie.conductor.configuration.site_resources.scenes_folder", lambda: tmp_path / "shipped")


def site(folder: Path, text: str = "") -> Path:
    path = folder / "reverie.yaml"
    path.write_text(f"state: {folder / 'state'}\n{text}")
    return path


def found(path: Path, *, alive: bool = False) -> list[Finding]:
    return list(installation_points(path, site_in_force(path), lambda _: None, alive=alive))


def told(findings: Iterable[Finding]) -> dict[str, str]:
    return {one.point: f"{one.outcome}: {one.text}" for one in findings}


def said(findings: Iterable[Finding], point: str) -> str:
    texts = finding_texts("en")
    return " ".join(f"{texts.sentence(one)} {texts.advice(one)}" for one in findings if one.point == point)


def test_a_sound_installation_is_well(tmp_path: Path) -> None:
    findings = found(site(tmp_path))
    assert {one.outcome.value for one in findings} == {"well"}
    assert told(findings)["models"] == "well: models.well"
    for language in LANGUAGES:
        texts = finding_texts(language)
        assert not [one for one in findings if "{" in texts.sentence(one)]


def test_a_configuration_at_fault_is_told_with_its_place_and_what_counts_instead(tmp_path: Path) -> None:
    path = site(tmp_path, "scene: no-such-scene\n")
    assert "no scene 'no-such-scene'" in said(found(path), "configuration")
    assert told(found(path))["scenes"] == "bad: scenes.missing"
    path.write_text("slots: 7\n")
    findings = found(path)
    assert "reverie.yaml:1:8" in said(findings, "configuration")
    assert "Instead of it, this counts" in said(findings, "configuration")


def test_scenes_at_fault_are_told_one_by_one_up_to_a_number(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for number in range(7):
        (tmp_path / "mine" / f"broken-{number}.yaml").write_text(f"name: broken-{number}\ntempo: loud\n")
    findings = [one for one in found(site(tmp_path, "scenes: [mine]\n")) if one.point == "scenes"]
    assert [one.text for one in findings][:5] == ["scenes.fault"] * 5
    assert findings[5].text == "scenes.more"
    assert "tempo" in said(findings, "scenes")


def test_a_model_that_answers_otherwise_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def otherwise(_: object) -> float:
        raise ModelError("drum_kit answers otherwise than when it was imported; import it anew")

    monkeypatch.setattr("reverie.doctor.installation_points.check_answer", otherwise)
    assert told(found(site(tmp_path)))["models"] == "bad: models.broken"


@pytest.mark.parametrize(("free", "says"), [(50e6, "bad: folder.full"), (500e6, "doubtful: folder.little")])
def test_a_disk_that_is_nearly_full_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: float, says: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(int(free)))
    findings = found(site(tmp_path))
    assert (told(findings)["state"], told(findings)["tape"]) == (says, says)


def test_a_folder_of_another_user_is_not_judged_unless_its_daemon_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert told(found(site(tmp_path)))["state"] == "unknown: folder.closed"
    assert told(found(site(tmp_path), alive=True))["state"] == "well: folder.well"


def test_a_package_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ["numpy>=2", "no-such-package>=1", "tensorflow; extra == 'magenta'"]
    monkeypatch.setattr("importlib.metadata.requires", lambda _: wanted)
    findings = found(site(tmp_path))
    assert told(findings)["packages"] == "bad: packages.missing"
    assert "These packages are missing: no-such-package." in said(findings, "packages")
