"""What is shipped is found in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie import places


def test_in_a_checkout_scenes_and_configuration_are_folders_of_their_own() -> None:
    root = Path(__file__).resolve().parents[2]
    assert places.scenes_folder() == root / "scenes"
    assert places.config_folder() == root / "config"
    assert places.models_folder() == root / "daemon/reverie/shipped/models"


def test_in_a_wheel_everything_is_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("scenes", "config"):
        (tmp_path / "reverie/shipped" / name).mkdir(parents=True)
    monkeypatch.setattr(places, "_PACKAGE", tmp_path / "reverie")
    assert places.scenes_folder() == tmp_path / "reverie/shipped/scenes"
    assert places.config_folder() == tmp_path / "reverie/shipped/config"
    assert places.loops_folder() == tmp_path / "reverie/shipped/loops"
