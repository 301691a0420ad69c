from __future__ import annotations

from pathlib import Path

import pytest

from reverie.site.load import load_site
from reverie.stage.check import check
from reverie.stage.house import keep_as_last_good, site_or_last_good

GOOD = """
scene: night-watch
scenes: [more]
slots:
  main: {kind: port, match: "Synth|Keys", api: alsa}
  soft: {kind: fluidsynth, soundfont: sounds/piano.sf2}
programme: [{at: "20:00", scene: first-light}]
health: {port: 9999}
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path / "state"


def write(folder: Path, text: str) -> Path:
    path = folder / "reverie.yaml"
    path.write_text(text)
    return path


def test_what_is_kept_as_last_good_means_the_same_from_another_folder(tmp_path: Path, state: Path) -> None:
    site = load_site(write(tmp_path, GOOD))
    keep_as_last_good(site)
    assert load_site(state / "reverie.yaml") == site
    assert site.scenes == (tmp_path / "more",)


def test_a_broken_configuration_gives_the_last_good_one_and_the_fault(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    good = load_site(path)
    keep_as_last_good(good)
    write(tmp_path, GOOD.replace("9999", "no port"))
    site, fault = site_or_last_good(path)
    assert site == good
    assert fault is not None
    assert f"{path}:8:" in str(fault)


def test_without_a_last_good_one_the_shipped_configuration_counts(tmp_path: Path) -> None:
    site, fault = site_or_last_good(write(tmp_path, "scene: ["))
    assert site.scene == "first-light"
    assert fault is not None


def test_a_configuration_that_names_no_scene_is_at_fault_where_it_does(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("night-watch", "nightwatch").replace("first-light", "firstlight"))
    assert [str(fault).partition(":")[2] for fault in check([path], path)] == [
        "2:8: there is no scene 'nightwatch'; did you mean 'night-watch'?",
        "7:34: there is no scene 'firstlight'; did you mean 'first-light'?",
    ]
