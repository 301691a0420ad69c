"""Paths of the site's file: a home that nobody knows, and what can be no path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.daemon import free_port
from reverie.conductor.arranging.check import check
from reverie.conductor.configuration.site_resources import NoConfigurationError, keep_as_last_good, site_in_force
from reverie.midi.errors import DeviceError
from reverie.places import SYSTEM_STATE, expanded, state_folder
from reverie.play.outputs.fluidsynth import find_soundfont
from reverie.site.load import load_site

KEYS = {
    "scenes": "scenes:\n  - {path}\n",
    "models": "models: {path}\n",
    "state": "state: {path}\n",
    "tape": "tape:\n  folder: {path}\n",
    "timbre": "timbre:\n  folder: {path}\n",
    "soundfont": "slots:\n  main: {{kind: fluidsynth, soundfont: {path}}}\n",
    "sampler": "slots:\n  main: {{kind: port, match: x, sampler: {{folder: {path}}}}}\n",
}
NOBODY = "~no-such-user-here/reverie"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of which a good version is kept."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    site = tmp_path / "reverie.yaml"
    site.write_text("scene: cat-dreams\n")
    keep_as_last_good(load_site(site), site)
    return site


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (NOBODY, "there is no user 'no-such-user-here' on this machine"),
        ('"a\\0b"', "without control characters"),
        ('"~no\\0body"', "without control characters"),
    ],
)
def test_a_path_that_can_be_none_is_told_at_its_place_and_the_last_good_copy_counts(
    kept: Path, key: str, path: str, sentence: str
) -> None:
    kept.write_text(KEYS[key].format(path=path))
    [fault] = check([kept], kept)
    assert sentence in fault.message
    assert fault.line == (1 if "\n  " not in KEYS[key] else 2)
    assert fault.column > 1
    force = site_in_force(kept)
    assert force.fault is not None
    assert force.site.scene == "cat-dreams"


def test_a_home_is_found_by_its_user_also_without_home_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/here")
    assert expanded("~/x/y") == Path("/here/x/y")
    assert expanded("~") == Path("/here")
    assert expanded("~root/x") == Path(os.path.expanduser("~root")) / "x"  # noqa: PTH111 - the other way of finding it
    for home in ("", "here/and/there"):
        monkeypatch.setenv("HOME", home)
        assert expanded("~/x") == Path(os.path.expanduser(f"~{os.environ.get('USER', 'root')}")) / "x"  # noqa: PTH111


def test_without_any_home_state_is_where_the_service_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: object) -> None:
        raise KeyError("uid not found")

    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert state_folder({}) == SYSTEM_STATE
    assert state_folder({"HOME": "relative"}) == SYSTEM_STATE
    assert state_folder({"XDG_STATE_HOME": "relative", "HOME": "/h"}) == Path("/h/.local/state/reverie")
    assert state_folder({"XDG_STATE_HOME": "/x"}) == Path("/x/reverie")
    monkeypatch.delenv("HOME", raising=False)
    with pytest.raises(ValueError, match="the home of this user is not known"):
        expanded("~/x")


def reverie(*arguments: str, before: tuple[str, ...] = (), **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, sys.executable, "-m", "reverie.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]} | environment,
        timeout=100,
    )


@pytest.mark.real
def test_no_command_fails_of_a_home_that_nobody_knows(kept: Path, tmp_path: Path) -> None:
    kept.write_text(f"health: {{port: {free_port()}}}\nscenes: [{NOBODY}]\n")
    for command in (("status",), ("panic",), ("ports",), ("run", "--for", "2s"), ("models", "list")):
        config = "--site" if command[0] == "models" else "--config"
        done = reverie(*command, config, str(kept), STATE_DIRECTORY=str(tmp_path / "state"))
        assert "Traceback" not in done.stderr, done.stderr
        assert "no user 'no-such-user-here'" in done.stderr
        assert done.returncode == (0 if command[0] == "run" else done.returncode)
    assert list((tmp_path / "state" / "tape").iterdir()), "it played"


@pytest.mark.real
def test_commands_work_for_a_user_that_the_system_does_not_know_and_that_has_no_home(tmp_path: Path) -> None:
    before = ("unshare", "--user", "--map-user=54321", "--map-group=54321")
    if shutil.which("unshare") is None or subprocess.run([*before, "true"], check=False).returncode:
        pytest.skip("no process can be another user here: user namespaces are missing")
    site = tmp_path / "reverie.yaml"
    site.write_text(f"health: {{port: {free_port()}}}\n")
    for command in (("check", str(site)), ("status",), ("ports",)):
        done = reverie(*command, "--config", str(site), before=before)
        assert "Traceback" not in done.stderr, done.stderr
    site.write_text("tape: {folder: ~/tape}\n")
    done = reverie("check", str(site), before=before)
    assert f"{site}:1:16: the home of this user is not known, so ~ is no folder" in done.stdout


@pytest.mark.parametrize("named", [NOBODY, "/there\0/font.sf2", f"/{'x' * 300}/font.sf2"])
def test_a_soundfont_whose_path_can_be_none_costs_its_slot_alone(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.environ", {"REVERIE_SOUNDFONT": named})
    with pytest.raises(DeviceError, match=r"cannot be used .*; mend `soundfont`"):
        find_soundfont("auto")


@pytest.mark.parametrize("state", ["x" * 300, "/dev/null/reverie"])
def test_what_is_wrong_with_the_state_folder_keeps_no_service_from_another_configuration(
    tmp_path: Path, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", state)
    site = tmp_path / "reverie.yaml"
    site.write_text("scene: [")
    assert site_in_force(site, {"INVOCATION_ID": "0123"}).instead.startswith("the shipped configuration")
    site.unlink()
    try:
        force = site_in_force(site, {"INVOCATION_ID": "0123"})
    except NoConfigurationError:
        assert state.startswith("/dev/null")  # where certainly nothing is kept
    else:
        assert force.site.scene == "first-light"
