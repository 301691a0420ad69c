"""What becomes of the site's files while the music plays is told, and mended when they are."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reverie.conductor.configuration import site_watch
from reverie.conductor.configuration.site_watch import SiteWatch
from reverie.site.load import load_site
from reverie.site.schema import Site
from reverie.watch.faults import Faults

GOOD = "scene: night-watch\nslots: {main: {kind: port, match: Synth}}\n"
DEVICE = "slots: {main: {device: {name: Minilogue}}}\n"


class Box:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "reverie.yaml"
        self.path.write_text(GOOD)
        self.faults = Faults()
        self.watch = SiteWatch(self.path, load_site(self.path), {"state": folder, "tape": folder / "no"}, self.faults)
        self.clock = 1.0

    def write(self, text: str, name: str = "reverie.yaml") -> None:
        path = self.path.with_name(name)
        path.write_text(text)
        self.clock += 1.0
        os.utime(path, (self.clock, self.clock))

    def told(self) -> list[str]:
        self.watch.look()
        return [fault.id for fault in self.faults.active]


NIGHT = GOOD + "hours: {week: {monday: ['10:00-18:00']}}\n"


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_a_configuration_that_breaks_while_it_runs_is_told_until_it_is_mended(box: Box) -> None:
    assert box.told() == []
    box.write(GOOD + "colour: red\n")
    assert box.told() == ["configuration"]
    assert f"{box.path}:3:1: unknown key 'colour'" in box.faults.active[0].sentence
    assert "what was good before counts" in box.faults.active[0].sentence
    assert box.told() == ["configuration"]
    box.write(GOOD)
    assert box.told() == []


def test_a_configuration_that_is_right_and_does_not_count_yet_is_told(box: Box) -> None:
    box.write(GOOD.replace("night-watch", "first-light"))
    assert box.told() == ["configuration-changed"]
    assert "systemctl restart reverie" in box.faults.active[0].advice
    box.write(GOOD + "# a comment changes nothing\n")
    assert box.told() == []


def test_one_that_breaks_after_it_was_changed_is_told_for_the_fault_alone(box: Box) -> None:
    box.write(GOOD.replace("night-watch", "first-light"))
    assert box.told() == ["configuration-changed"]
    box.write("scene: [")
    assert box.told() == ["configuration"]


def test_what_was_learned_counts_too(box: Box) -> None:
    box.write(DEVICE, "learned.yaml")
    assert box.told() == ["configuration-changed"]
    box.write("slots: {main: 3}\n", "learned.yaml")
    assert box.told() == ["configuration"]
    box.path.with_name("learned.yaml").unlink()
    assert box.told() == []


def test_a_file_that_goes_comes_back_or_becomes_a_folder_is_told(box: Box) -> None:
    box.path.unlink()
    assert box.told() == ["configuration"]
    box.path.mkdir()
    assert box.told() == ["configuration"]
    box.path.rmdir()
    box.write(GOOD)
    assert box.told() == []


def test_a_configuration_that_could_not_be_looked_at_is_looked_at_again(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path) -> Site:
        raise RecursionError(path)

    box.write(GOOD + "colour: red\n")
    with monkeypatch.context() as patched:
        patched.setattr(site_watch, "load_site", fails)
        with pytest.raises(RecursionError):
            box.watch.look()
    assert box.told() == ["configuration"]


def test_room_is_known_of_folders_that_are_there(box: Box) -> None:
    box.watch.look_for_room()
    assert list(box.watch.free) == ["state"]
    assert box.watch.free["state"] > 0


def takes(box: Box, *keys: str) -> list[Site]:
    """What is taken over, where somebody takes these keys."""
    taken = list[Site]()
    for key in keys:
        box.watch.taking.on(key, taken.append)
    return taken


CREDENTIALS = {
    "notify.channels.crew": "notify: {channels: {crew: {}}}\n",
    "notify.heartbeat": "notify: {heartbeat: {every: 60}}\n",
    "mqtt": "mqtt: {host: localhost, username: me}\n",
}


@pytest.mark.parametrize("key", CREDENTIALS)
def test_a_credential_that_comes_with_a_start_alone_held_up_the_hours(
    box: Box, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    takes(box, "hours", "notify", "mqtt")
    box.watch.look()
    box.write(NIGHT + CREDENTIALS[key])
    assert box.told() == ["configuration-changed"]
    [fault] = box.faults.active
    assert key in fault.sentence
    assert "restart the service" in fault.sentence
    force = box.watch.taking.in_force
    assert force.hours is not None
    assert (force.notify.channels, force.notify.heartbeat, force.mqtt) == ({}, None, None)


def test_a_channel_that_goes_over_to_a_credential_keeps_its_file_until_the_start(
    box: Box, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    for name in ("crew", "desk"):
        (tmp_path / name).write_text("json://localhost")
    takes(box, "notify")
    box.write(GOOD + "notify: {channels: {crew: {url_file: crew}}}\n")
    assert box.told() == []
    before = box.watch.taking.in_force.notify.channels["crew"]
    box.write(GOOD + "notify: {channels: {crew: {}, desk: {url_file: desk}}}\n")
    assert box.told() == ["configuration-changed"]
    channels = box.watch.taking.in_force.notify.channels
    assert list(channels) == ["desk", "crew"]
    assert channels["crew"] == before


def test_a_credential_that_is_there_counts_at_once(box: Box, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "notify-crew").write_text("json://localhost")
    takes(box, "notify")
    box.write(GOOD + CREDENTIALS["notify.channels.crew"])
    assert box.told() == []
    assert list(box.watch.taking.in_force.notify.channels) == ["crew"]


def test_while_an_address_is_missing_the_site_was_parsed_anew_at_each_look(
    box: Box, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    read = list[Path]()
    real: Callable[[Path], Site] = site_watch.load_site
    monkeypatch.setattr(site_watch, "load_site", lambda path: real(read.append(path) or path))
    takes(box, "notify", "hours")
    box.write(NIGHT + "notify: {channels: {crew: {url_file: crew}}}\n")
    for _ in range(3):
        assert box.told() == ["configuration"]
    assert box.watch.taking.in_force.hours is None, "a file may be mistyped, and then nothing is taken"
    (tmp_path / "crew").write_text("json://localhost")
    assert box.told() == []
    assert len(read) == 1
    assert list(box.watch.taking.in_force.notify.channels) == ["crew"]
