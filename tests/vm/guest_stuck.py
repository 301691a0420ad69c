"""The trial of a device that takes nothing any more, and yet is there."""

from __future__ import annotations

import importlib
import os
import struct
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from guest_daemon import ROOM, Daemon, Listener
from guest_devices import Gadget, load, load_usb
from guest_report import Report, wait_until

UM_1 = ("0582", "0009")
"""Roland's first USB cable: its driver knows it by number alone (linux, sound/usb/quirks-table.h)."""
FLOOD = 20_000
"""Messages: many times what driver and sequencer keep for a device."""
_MIDI_BYTES = {0x8: 3, 0x9: 3, 0xB: 3, 0xC: 2}  # by the code of a USB-MIDI packet
_DESCRIPTORS, _STRINGS, _FULL_AND_HIGH_SPEED = 3, 2, 3  # linux, include/uapi/linux/usb/functionfs.h


class Cable(Gadget):
    """A UM-1 whose firmware is this program: where it does not read, the host has to keep what it wants to send."""

    def __init__(self, controller: int, report: Report) -> None:
        """Build it, reading."""
        super().__init__("stuck", controller, "ffs", UM_1)
        self.reads = threading.Event()
        self.reads.set()
        self.heard = 0
        self._report = report
        self._files = Path("/run/stuck")
        self._files.mkdir()
        subprocess.run(["mount", "-t", "functionfs", "stuck", self._files], check=True)
        self._control = os.open(self._files / "ep0", os.O_RDWR)
        os.write(self._control, _descriptors())
        os.write(self._control, _strings())
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        end = os.open(self._files / "ep1", os.O_RDONLY)
        while self.reads.wait():
            try:
                data = os.read(end, 512)
            except OSError:  # the host resets a device that was just plugged in
                time.sleep(0.02)
                continue
            said = b"".join(data[at + 1 : at + 1 + _MIDI_BYTES.get(data[at] & 0xF, 0)] for at in range(0, len(data), 4))
            self.heard += len(said)
            self._report("bytes", by=self.name, data=said.hex())


def _descriptors() -> bytes:
    """A UM-1's interfaces: two that the driver ignores, and the third with a bulk endpoint each way; at both speeds."""
    empty = b"".join(struct.pack("<BBBBBBBBB", 9, 4, number, 0, 0, 255, 0, 0, 1) for number in (0, 1))
    midi = struct.pack("<BBBBBBBBB", 9, 4, 2, 0, 2, 255, 0, 0, 1)
    speeds = [
        empty + midi + b"".join(struct.pack("<BBBBHB", 7, 5, address, 2, size, 0) for address in (0x01, 0x82))
        for size in (64, 512)
    ]
    body = struct.pack("<II", 5, 5) + b"".join(speeds)
    return struct.pack("<III", _DESCRIPTORS, 12 + len(body), _FULL_AND_HIGH_SPEED) + body


def _strings() -> bytes:
    body = struct.pack("<H", 0x409) + b"UM-1\0"
    return struct.pack("<IIII", _STRINGS, 16 + len(body), 1, 1) + body


def stuck(report: Report) -> None:
    """It stops reading; it is sent far more than fits anywhere; the daemon is asked to leave meanwhile."""
    load_usb(1)
    load("usb_f_fs")
    cable = Cable(0, report)
    cable.plug()
    cable.wait_until_there()
    slots = {"main": {"kind": "port", "match": "UM-1"}, "room": {"kind": "virtual", "name": ROOM}}
    daemon = Daemon(Path("/root/stuck"), {"slots": slots}, report)
    listener = Listener(report)
    daemon.wait_for_slot("main")
    wait_until(lambda: cable.heard > 60 and listener.heard > 20, 180, "notes at both")
    cable.reads.clear()
    took = _flood()
    report("stuck", flooding_took=took, slot=daemon.slot("main"))
    heard = listener.heard
    wait_until(lambda: listener.heard > heard + 80, 180, "notes in the room meanwhile")
    report("asked", slot=daemon.slot("main"))
    begun = time.monotonic()
    report("tape", text=daemon.tape())
    left = daemon.stop()
    report("left", status=left, took=time.monotonic() - begun)
    time.sleep(1)
    report("over")
    listener.close()


def _flood() -> float:
    """Fill all that lies between a program and the device; the port is left open, as closing waits for the device."""
    rtmidi: Any = importlib.import_module("rtmidi")  # it has no types
    port = rtmidi.MidiOut(rtmidi.API_LINUX_ALSA, name="Flood")
    _KEPT.append(port)
    port.open_port(next(number for number, name in enumerate(port.get_ports()) if name.startswith("UM-1")))
    begun = time.monotonic()
    for _ in range(FLOOD):
        port.send_message([0xB0, 1, 1])
    return time.monotonic() - begun


_KEPT: list[Any] = []
