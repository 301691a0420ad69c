"""``reverie ports`` on a machine with two equal USB devices, of which one is bound, one not, and a third is away."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.sysfs import Sysfs
from reverie.cli.main import main
from reverie.midi import ports as room
from reverie.midi.identity import PortMarks
from reverie.midi.usb import Enumerator

NAMES = ("Grey:Grey MIDI 1 20:0", "Grey:Grey MIDI 1 24:0", "Midi Through:Midi Through Port-0 14:0")
KNOBS = "Knobs:Knobs CTRL 28:0"
SITE = """
slots:
  main: {kind: fluidsynth}
  lead: {kind: port, label: grey synth, place: left shelf, device: {usb: "0944:0117", location: 1-1.1}}
  bass: {kind: port, device: {usb: "0944:0117", name: Grey MIDI 1}}
  pads: {kind: port, label: red synth, device: {usb: "1235:0001", serial: "7"}}
  daw: {kind: port, match: Grey, api: jack}
"""
TEXT = """\
alsa: Grey:Grey MIDI 1 20:0
    usb 0944:0117, location 1-1.1
    slot lead (grey synth, left shelf)
alsa: Grey:Grey MIDI 1 24:0
    usb 0944:0117, location 1-1.2
    slot bass
alsa: Midi Through:Midi Through Port-0 14:0
slot pads: no MIDI port is red synth (serial 7, usb 1235:0001); there are Grey:Grey MIDI 1 20:0, \
Grey:Grey MIDI 1 24:0, Midi Through:Midi Through Port-0 14:0: switch the device on or plug it in, or name another by \
`reverie ports learn`
slot daw: no MIDI port matches 'Grey'; there are no MIDI ports at all: switch the device on, or mend `match`
alsa: Knobs:Knobs CTRL 28:0
    only to listen to: for a control surface or a clock
"""


class FakeRoom:
    """What a real one is to the command."""

    def __init__(self, tree: Sysfs) -> None:
        self._enumerator = Enumerator(tree.sys, tree.proc)

    def __enter__(self) -> FakeRoom:  # noqa: PYI034 - nobody derives from it
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ports(self) -> list[PortMarks]:
        return self._enumerator.ports("alsa", NAMES)

    def sources(self) -> list[PortMarks]:
        return self._enumerator.ports("alsa", [NAMES[0], KNOBS])


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    tree = Sysfs(tmp_path)
    tree.usb(1, "1-1.1", "0944:0117")
    tree.usb(2, "1-1.2", "0944:0117")
    monkeypatch.setattr(room, "PortScanner", lambda: FakeRoom(tree))
    site = tmp_path / "reverie.yaml"
    site.write_text(SITE)

    def run(*arguments: str) -> str:
        assert main(["ports", *arguments, "--config", str(site)]) == 0
        return capsys.readouterr().out

    return run


def test_people_see_ports_with_their_marks_and_slots(command: Callable[..., str]) -> None:
    assert command() == TEXT


def test_programs_see_the_same(command: Callable[..., str]) -> None:
    told = json.loads(command("--json"))
    assert told["trouble"] is None
    assert [(port["port"], port["location"], port["slots"]) for port in told["ports"]] == [
        (NAMES[0], "1-1.1", ["lead"]),
        (NAMES[1], "1-1.2", ["bass"]),
        (NAMES[2], None, []),
    ]
    assert [port["port"] for port in told["sources"]] == [NAMES[0], KNOBS]
    assert [(slot["slot"], slot["port"]) for slot in told["slots"]] == [
        ("lead", NAMES[0]),
        ("bass", NAMES[1]),
        ("pads", None),
        ("daw", None),
    ]
    assert told["slots"][0]["detail"] == "bound to Grey:Grey MIDI 1 20:0 (location 1-1.1)"
