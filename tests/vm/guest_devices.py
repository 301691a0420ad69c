"""USB synthesizers that are plugged in and out by writing to a file, and the device's own side of their cables.

A gadget of the kernel (f_midi) on a controller that the kernel imagines (dummy_hcd): to its USB host it is a device as
real as any; what arrives there can be read from a raw MIDI device.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from guest_report import Report, wait_until

CONFIGFS = Path("/sys/kernel/config")
CARDS = Path("/proc/asound")
DEVICES = Path("/sys/bus/usb/devices")
USB = ("1209", "0001")
"""Vendor and product: pid.codes has set these aside for tests."""
PRODUCT = "TestSynth"


def load(*modules: str) -> None:
    """Load modules of the kernel, with their parameters after a space."""
    for module in modules:
        subprocess.run(["modprobe", *module.split()], check=True)


def load_usb(controllers: int) -> None:
    """ALSA's sequencer, and so many imagined sockets."""
    load("snd-seq", "snd-usb-audio", "libcomposite", "usb_f_midi", f"dummy_hcd num={controllers}")


def cards() -> dict[int, str]:
    """The number of every sound card, with its identifier."""
    found: dict[int, str] = {}
    for folder in CARDS.glob("card[0-9]*"):
        with contextlib.suppress(OSError):
            found[int(folder.name.removeprefix("card"))] = (folder / "id").read_text().strip()
    return found


def sequencer() -> str:
    """What ALSA's sequencer says of its clients."""
    return (CARDS / "seq" / "clients").read_text()


def usb_cards() -> dict[str, int]:
    """The numbers of the cards that the USB host has, by the location of their device."""
    found: dict[str, int] = {}
    for number in cards():
        with contextlib.suppress(OSError):
            interface = Path(f"/sys/class/sound/card{number}/device").resolve(strict=True)
            if (interface.parent / "idProduct").exists():
                found[interface.parent.name] = number
    return found


def write(folder: Path, values: Mapping[str, str]) -> None:
    """Set attributes of something of the kernel's."""
    for name, value in values.items():
        (folder / name).write_text(value + "\n")


class Gadget:
    """A USB device with a cable, made of one function of the kernel's."""

    def __init__(
        self,
        name: str,
        controller: int,
        function: str,
        usb: tuple[str, str],
        serial: str | None = None,
        **settings: str,
    ) -> None:
        """Build it beside the socket of a controller (from 0), not yet plugged in; ``settings`` are the function's."""
        self.name = name
        self._controller = f"dummy_udc.{controller}"
        self._folder = CONFIGFS / "usb_gadget" / name
        self.function = self._folder / "functions" / f"{function}.{name}"
        texts = {"manufacturer": "Acme", "product": PRODUCT} | ({"serialnumber": serial} if serial else {})
        strings, config = self._folder / "strings" / "0x409", self._folder / "configs" / "c.1"
        for folder in (self._folder, strings, config, self.function):
            folder.mkdir()
        write(self._folder, {"idVendor": f"0x{usb[0]}", "idProduct": f"0x{usb[1]}"})
        write(strings, texts)
        write(self.function, settings)
        (config / function).symlink_to(self.function)

    def plug(self) -> None:
        """Put the cable in."""
        (self._folder / "UDC").write_text(self._controller + "\n")

    def unplug(self) -> None:
        """Pull the cable out."""
        (self._folder / "UDC").write_text("\n")

    @property
    def location(self) -> str:
        """The socket, as the kernel counts: each imagined controller is the one socket of a bus."""
        controller = self._controller.replace("udc", "hcd")
        bus = next(folder for folder in sorted(DEVICES.glob("usb*")) if controller in folder.resolve().parts)
        return f"{bus.name.removeprefix('usb')}-1"

    @property
    def card(self) -> int | None:
        """The number of the card that the USB host has for it; None while it is not there."""
        return usb_cards().get(self.location)

    def wait_until_there(self) -> None:
        """Until ALSA's sequencer has it, so that it can be played."""
        wait_until(self._is_there, 30, f"{self.name} in ALSA")

    def _is_there(self) -> bool:
        card = self.card
        return card is not None and f"Client {16 + 4 * card:3d} " in sequencer()


class Synth(Gadget):
    """A synthesizer: it hears what arrives."""

    def __init__(self, name: str, controller: int, report: Report, serial: str | None = None) -> None:
        """Build it."""
        super().__init__(name, controller, "midi", USB, serial, id=name)
        self.sounding: set[tuple[int, int]] = set()
        self.heard = 0
        self._report = report
        threading.Thread(target=self._listen, name=name, daemon=True).start()

    def _listen(self) -> None:
        """Read what arrives at the device, whenever it is plugged in."""
        while True:
            number = next((number for number, identifier in cards().items() if identifier == self.name), None)
            descriptor = -1
            try:
                descriptor = os.open(f"/dev/snd/midiC{number}D0", os.O_RDONLY | os.O_NONBLOCK)
                while select.select([descriptor], [], []) and (data := os.read(descriptor, 4096)):
                    self._hear(data)
            except OSError:
                pass  # not plugged in, or not any more
            if descriptor >= 0:
                os.close(descriptor)
            time.sleep(0.05)

    def _hear(self, data: bytes) -> None:
        self._report("bytes", by=self.name, data=data.hex())
        self.heard += len(data)
        for status, pitch, velocity in zip(data, data[1:], data[2:], strict=False):
            if status & 0xF0 == 0x90 and velocity:
                self.sounding.add((status & 0xF, pitch))
            elif status & 0xF0 in {0x80, 0x90}:
                self.sounding.discard((status & 0xF, pitch))
