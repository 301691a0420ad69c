from __future__ import annotations

from pathlib import Path

import pytest

from reverie.cli.main import main
from reverie.conductor.arranging.check import check
from reverie.conductor.configuration.site_resources import NoConfigurationError, keep_as_last_good, site_in_force
from reverie.places import state_folder
from reverie.site.load import load_site
from reverie.site.schema import Site

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


def broken(path: Path) -> Path:
    path.write_text(GOOD.replace("9999", "no port"))
    return path


def test_a_broken_configuration_gives_the_last_good_one_and_the_fault(tmp_path: Path, state: Path) -> None:
    path = write(tmp_path, GOOD)
    good = load_site(path)
    keep_as_last_good(good, path)
    force = site_in_force(broken(path))
    assert force.site == good
    assert f"{path}:8:" in str(force.fault)
    assert f"of {path}, kept in {state}" in force.instead
    assert force.site.scenes == (tmp_path / "more",), "it means the same from another folder"


def test_the_last_good_configuration_of_another_file_never_counts(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    keep_as_last_good(load_site(path), path)
    force = site_in_force(broken(tmp_path / "other.yaml"))
    assert force.site == Site()
    assert force.instead.startswith("the shipped configuration")


def test_each_file_has_a_last_good_configuration_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, other = write(tmp_path, GOOD), tmp_path / "other.yaml"
    other.write_text(GOOD.replace("9999", "1111"))
    for one in (path, other):
        keep_as_last_good(load_site(one), one)
        broken(one)
    monkeypatch.chdir(tmp_path)
    assert site_in_force(Path("reverie.yaml")).site.health.port == 9999
    assert site_in_force(other).site.health.port == 1111


def test_what_is_in_the_place_of_the_last_good_configuration_is_set_aside(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    keep_as_last_good(load_site(path), path)
    [kept] = (state_folder() / "configurations").iterdir()
    kept.unlink()
    kept.mkdir()
    keep_as_last_good(load_site(path), path)
    broken(path)
    assert site_in_force(path).site.health.port == 9999


def test_a_configuration_that_is_not_there_counts_for_a_service_that_once_had_it(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    keep_as_last_good(load_site(path), path)
    path.unlink()
    service = {"INVOCATION_ID": "0123"}
    assert site_in_force(path, service).site.health.port == 9999
    for asked, environment in ((path, {}), (tmp_path / "mistyped.yaml", service)):
        with pytest.raises(NoConfigurationError, match=f"there is no configuration {asked}"):
            site_in_force(asked, environment)


@pytest.mark.parametrize("command", [("run",), ("status",), ("panic",), ("ports",), ("ports", "learn", "lead")])
def test_no_command_takes_another_configuration_for_one_that_is_mistyped(
    tmp_path: Path, command: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INVOCATION_ID", raising=False)
    assert main([*command, "--config", str(tmp_path / "mistyped.yaml")]) == 1
    assert "mistyped.yaml; name a file that exists" in capsys.readouterr().err


def test_without_a_last_good_one_the_shipped_configuration_counts(tmp_path: Path) -> None:
    force = site_in_force(write(tmp_path, "scene: ["))
    assert force.site.scene == "first-light"
    assert force.fault is not None


def test_a_configuration_that_names_no_scene_is_at_fault_where_it_does(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("night-watch", "nightwatch").replace("first-light", "firstlight"))
    (tmp_path / "more").mkdir()
    assert [str(fault).partition(":")[2] for fault in check([path], path)] == [
        "2:8: there is no scene 'nightwatch'; did you mean 'night-watch'?",
        "7:34: there is no scene 'firstlight'; did you mean 'first-light'?",
    ]


@pytest.mark.parametrize(("name", "text"), [("museum.yaml", "helth: {}\nscene: first-light"), ("a.yaml", "tape: 3")])
def test_a_configuration_is_known_by_its_keys_whatever_its_name(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    [fault] = check([path])
    assert fault.message in {
        "unknown key 'helth'; did you mean 'health'?",
        "'tape' must be a mapping, such as {'keep_days': 30}, not the number 3",
    }


@pytest.mark.parametrize("word", ["off", "no", "None", "rest"])
def test_who_means_rest_is_told_how_it_is_written(tmp_path: Path, word: str) -> None:
    path = write(tmp_path, f'programme: [{{at: "20:00", scene: {word}}}]\n')
    [fault] = check([path])
    assert fault.message == f"there is no scene {word!r}; rest is written null, in the programme"
