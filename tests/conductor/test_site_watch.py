"""What becomes of the site's files while the music plays is told, and mended when they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reverie.conductor import site_watch
from reverie.conductor.site_watch import SiteWatch
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


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_a_configuration_that_breaks_while_it_runs_is_told_until_it_is_mended(box: Box) -> None:
    assert box.told() == []
    box.write(GOOD + "colour: red\n")
    assert box.told() == ["configuration"]
    assert f"{box.path}:3:1: unknown key 'colour'" in box.faults.active[0].sentence
    assert "what was read at the start counts" in box.faults.active[0].sentence
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
