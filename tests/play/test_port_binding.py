"""A slot finds the device that it was taught, stays with it, and gives way when the right one comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from fakes.sysfs import Sysfs
from reverie.midi.errors import DeviceError
from reverie.midi.usb import Enumerator
from reverie.play.outputs import midi_port
from reverie.play.outputs.factory import make_output
from reverie.play.outputs.midi_port import MidiPort
from reverie.play.slot_settings import SlotSettings
from reverie.site.learned import beside, update
from reverie.site.load import load_site

ONE, TWO = "Grey:Grey MIDI 1 20:0", "Grey:Grey MIDI 1 24:0"
LEFT: Mapping[str, str] = {"usb": "0944:0117", "location": "1-1", "name": "Grey MIDI 1"}
RIGHT = {**LEFT, "location": "1-2"}


class FakeSystem:
    """ALSA's sequencer as python-rtmidi shows it, each connection of which is itself."""

    api = "alsa"

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self.connected: str | None = None
        self.sent: list[bytes] = []

    def ports(self) -> list[str]:
        return list(self.names)

    def connect(self, name: str) -> None:
        self.connected = name

    def send(self, message: bytes) -> None:
        self.sent.append(message)

    def close(self) -> None:
        self.connected = None


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSystem:
    tree = Sysfs(tmp_path)
    tree.usb(1, "1-1", "0944:0117")
    tree.usb(2, "1-2", "0944:0117")
    system = FakeSystem()

    def systems(_: str) -> Iterator[FakeSystem]:
        yield system

    monkeypatch.setattr(midi_port, "APART", 0.0)
    monkeypatch.setattr(midi_port, "systems", systems)
    monkeypatch.setattr(midi_port, "Enumerator", lambda: Enumerator(tree.sys, tree.proc))
    return system


def test_two_equal_devices_are_told_apart_by_their_sockets(system: FakeSystem) -> None:
    system.names = [ONE, TWO]
    for device, name in ((LEFT, ONE), (RIGHT, TWO)):
        MidiPort(device=device).open()
        assert system.connected == name


def test_two_equal_devices_are_refused_where_nothing_was_learned_that_differs(system: FakeSystem) -> None:
    system.names = [ONE, TWO]
    with pytest.raises(DeviceError, match=r"location 1-1\).*location 1-2\); location would tell them apart"):
        MidiPort(device={"usb": "0944:0117"}).open()
    assert system.connected is None


def test_people_are_told_what_they_call_it(system: FakeSystem) -> None:
    system.names = [ONE]
    port = MidiPort(device=LEFT, label="grey synth", place="left shelf")
    port.open()
    assert port.description == f"connected to the MIDI port {ONE} (alsa): grey synth, left shelf"
    port.close()
    system.names = []
    with pytest.raises(DeviceError, match="no MIDI port is grey synth, left shelf"):
        port.open()


def test_a_device_that_another_slot_was_taught_is_left_to_it(system: FakeSystem) -> None:
    system.names = [ONE]
    with pytest.raises(DeviceError, match="no MIDI port is"):
        MidiPort(device=RIGHT, rivals=[LEFT]).open()


def test_what_the_site_says_of_a_slot_makes_its_output(system: FakeSystem, tmp_path: Path) -> None:
    site = tmp_path / "reverie.yaml"
    site.write_text("slots: {lead: {kind: port, din: true, match: none}, main: {kind: port, match: none}}")
    update(beside(site), {"slots": {"lead": {"device": RIGHT, "api": "alsa"}, "bass": {"device": LEFT}}})
    settings = SlotSettings.read(load_site(site).slots_as_json()["lead"])
    output = make_output("lead", settings.output)
    system.names = [ONE]
    with pytest.raises(DeviceError, match="no MIDI port is"):
        output.open()
    system.names = [ONE, TWO]
    output.open()
    assert system.connected == TWO


def test_the_right_device_takes_over_from_one_of_its_kind_which_is_silenced_first(system: FakeSystem) -> None:
    system.names = [ONE]
    port = MidiPort(device=RIGHT)
    port.open()
    port.poll()
    system.names = [ONE, TWO]
    with pytest.raises(
        DeviceError, match=r"24:0 \(location 1-2\) has come, and is the device that is meant; .*location 1-1\) is left"
    ):
        port.poll()
    assert {(message[0] & 0xF, message[1]) for message in system.sent} == {
        (channel, control) for channel in range(16) for control in (64, 120, 123)
    }
    port.close()
    port.open()
    assert system.connected == TWO


def test_the_right_device_stays_whoever_comes_and_goes(system: FakeSystem) -> None:
    system.names = [TWO]
    port = MidiPort(device=RIGHT)
    port.open()
    for names in ([ONE, TWO], [TWO, ONE, "other:in 129:0"], [TWO]):
        system.names = names
        port.poll()
    assert (system.connected, system.sent) == (TWO, [])
    system.names = [ONE]
    with pytest.raises(DeviceError, match=f"the MIDI port {TWO} is gone"):
        port.poll()


def test_a_device_that_came_later_and_fits_as_well_does_not_stop_the_music(system: FakeSystem) -> None:
    system.names = [ONE]
    port = MidiPort(device={"usb": "0944:0117"})
    port.open()
    system.names = [ONE, TWO]
    port.poll()
    assert system.connected == ONE
