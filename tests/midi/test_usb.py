"""Ports get the marks of their USB devices from sysfs, and none where there is nothing to be read."""

from __future__ import annotations

import gc
import shutil
import sys
from pathlib import Path

import psutil
import pytest

from fakes.sysfs import Sysfs
from reverie.midi.identity import Marks, PortMarks, Wanted, choose
from reverie.midi.usb import Enumerator

FIRST, SECOND = "Grey:Grey MIDI 1 20:0", "Grey:Grey MIDI 1 24:0"


@pytest.fixture
def tree(tmp_path: Path) -> Sysfs:
    return Sysfs(tmp_path)


def marks(tree: Sysfs, *names: str, api: str = "alsa") -> list[PortMarks]:
    return Enumerator(tree.sys, tree.proc).ports(api, names)


def test_a_usb_device_has_its_marks(tree: Sysfs) -> None:
    tree.usb(1, "1-1.2", "0944:0117", "0012E45")
    assert marks(tree, FIRST) == [PortMarks("Grey MIDI 1", "Grey", "0944:0117", "0012E45", "1-1.2", "alsa", FIRST)]


def test_a_device_behind_a_hub_is_not_the_hub(tree: Sysfs) -> None:
    tree.usb(1, "1-1.2.4", "0944:0117")
    (port,) = marks(tree, FIRST)
    assert (port.usb, port.serial, port.location) == ("0944:0117", None, "1-1.2.4")


def test_a_composite_device_has_several_ports(tree: Sysfs) -> None:
    tree.usb(1, "1-1", "0944:0117", "12")
    ports = marks(tree, "Grey:Grey MIDI 1 20:0", "Grey:Grey MIDI 2 20:1", "Grey:Grey MIDI 3 21:0")
    assert {port.serial for port in ports} == {"12"}
    assert [port.name for port in ports] == ["Grey MIDI 1", "Grey MIDI 2", "Grey MIDI 3"]


@pytest.mark.parametrize("serials", [("12", "13"), (None, None)])
def test_two_equal_devices_differ_in_serial_number_or_socket(tree: Sysfs, serials: tuple[str | None, ...]) -> None:
    tree.usb(1, "1-1", "0944:0117", serials[0])
    tree.usb(2, "1-2", "0944:0117", serials[1])
    first, second = marks(tree, FIRST, SECOND)
    assert (first.location, second.location) == ("1-1", "1-2")
    assert (first.serial, second.serial) == serials
    for port in (first, second):
        assert choose(Wanted(device=Marks(**port.marks())), marks(tree, SECOND, FIRST)) == port


def test_plugged_in_again_with_another_number_it_is_the_same(tree: Sysfs) -> None:
    device = tree.usb(1, "1-1", "0944:0117", "12")
    (learned,) = marks(tree, FIRST)
    shutil.rmtree(device)
    (tree.sys / "class" / "sound" / "card1" / "device").unlink()
    tree.remove(1)
    tree.usb(2, "1-1", "0944:0117", "12")
    (port,) = marks(tree, SECOND)
    assert port.marks() == learned.marks()
    assert choose(Wanted(device=Marks(**learned.marks())), [port]) == port


def test_cards_without_usb_and_programs_have_names_alone(tree: Sysfs) -> None:
    tree.pci(0, "PCH")
    tree.program(128, "FLUID Synth (1)")
    names = ["PCH:PCH MIDI 16:0", "Midi Through:Midi Through Port-0 14:0", "FLUID Synth (1):Synth input port 128:0"]
    assert [port.marks() for port in marks(tree, *names)] == [
        {"name": "PCH MIDI", "client": "PCH"},
        {"name": "Midi Through Port-0", "client": "Midi Through"},
        {"name": "Synth input port", "client": "FLUID Synth (1)"},
    ]


def test_a_program_does_not_get_the_marks_of_a_card(tree: Sysfs) -> None:
    tree.usb(28, "1-1", "0944:0117")
    assert marks(tree, "program:in 128:0")[0].usb is None


def test_a_port_of_jack_has_no_card(tree: Sysfs) -> None:
    tree.usb(1, "1-1", "0944:0117")
    assert marks(tree, "Grey:in 20:0", api="jack")[0].usb is None


def test_a_colon_in_a_name_is_where_the_kernel_says(tree: Sysfs) -> None:
    tree.usb(1, "1-1", "0944:0117", name="Odd: one")
    (port,) = marks(tree, "Odd: one:Odd: one MIDI 1 20:0")
    assert (port.client, port.name) == ("Odd: one", "Odd: one MIDI 1")


def test_a_card_that_the_kernel_no_longer_lists_has_gone(tree: Sysfs) -> None:
    tree.usb(1, "1-1", "0944:0117")
    tree.remove(1)
    assert marks(tree, FIRST)[0].usb is None


@pytest.mark.parametrize("gone", ["idVendor", "idProduct", "serial", ".", "card", "asound", "sys"])
def test_what_vanishes_half_way_or_cannot_be_read_costs_its_marks_alone(tree: Sysfs, gone: str) -> None:
    device = tree.usb(1, "1-1", "0944:0117", "12")
    tree.usb(2, "1-2", "0944:0117", "13")
    places = {"card": tree.sys / "class" / "sound" / "card1", "asound": tree.proc / "asound", "sys": tree.sys}
    place = places.get(gone, device / gone)
    if place.is_dir():
        shutil.rmtree(place)
    else:  # a folder cannot be read as a file, not even by root
        place.unlink()
        place.mkdir()
    first, second = marks(tree, FIRST, SECOND)
    assert (first.client, first.name) == ("Grey", "Grey MIDI 1")
    if gone == "serial":
        assert (first.usb, first.serial) == ("0944:0117", None)
    elif gone != "asound":
        assert first.usb is None
    if gone != "sys":
        assert second.serial == "13"


def test_links_in_a_circle_and_out_of_sysfs_lead_nowhere(tree: Sysfs, tmp_path: Path) -> None:
    tree.usb(1, "1-1", "0944:0117")
    link = tree.sys / "class" / "sound" / "card1" / "device"
    link.unlink()
    link.symlink_to(link)
    assert marks(tree, FIRST)[0].usb is None
    link.unlink()
    (tmp_path / "idVendor").write_text("0944")
    (tmp_path / "idProduct").write_text("0117")
    link.symlink_to(tmp_path)
    assert marks(tree, FIRST)[0].usb is None


def test_bytes_that_are_no_text_are_no_obstacle(tree: Sysfs) -> None:
    device = tree.usb(1, "1-1", "0944:0117")
    (device / "serial").write_bytes(b"\xff\xfe12\n")
    assert marks(tree, FIRST)[0].serial == "\ufffd\ufffd12"


def test_ten_thousand_looks_leak_nothing(tree: Sysfs) -> None:
    tree.usb(1, "1-1", "0944:0117", "12")
    look = Enumerator(tree.sys, tree.proc)
    process = psutil.Process()

    def scan(times: int) -> tuple[int, int]:
        for _ in range(times):
            look.ports("alsa", (FIRST,))
        gc.collect()
        return process.num_fds(), sys.getallocatedblocks()

    descriptors, blocks = scan(500)
    after = scan(10_000)
    assert after[0] <= descriptors  # what other tests left open may be closed meanwhile
    assert after[1] - blocks < 1_000
