"""The MIDI ports that are there, with the marks that their USB devices have in sysfs.

How ALSA numbers things (linux, sound/core/seq/seq_clientmgr.c): a card's client in the sequencer has the number
16 + 4 * card + device; programs have those from 128 on, and those below 16 are the kernel's own. A card's folder
``/sys/class/sound/cardN`` links by ``device`` to the USB interface, whose parent is the device: a folder named by its
socket (``1-1.2``: bus 1, port 1 of the root, port 2 of the hub there), with ``idVendor``, ``idProduct`` and, if the
device has one, ``serial``. Source: linux, Documentation/ABI/testing/sysfs-bus-usb and Documentation/ABI/stable.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path

from reverie.midi.identity import PortMarks, parse_port, sequencer_client

SYS, PROC = Path("/sys"), Path("/proc")

_FIRST, _PER_CARD, _PROGRAMS = 16, 4, 128
_CARD = re.compile(r"^\s*(\d+) \[", re.MULTILINE)
_CLIENT = re.compile(r'^Client\s+(\d+) : "(.*)" \[', re.MULTILINE)


class Enumerator:
    """What is there, asked for as often as anybody likes: nothing is kept from one time to the next.

    A USB device may go while it is looked at. Then its marks are as unknown as if it had none.
    """

    def __init__(self, sys: Path = SYS, proc: Path = PROC) -> None:
        """Look at the system, or at trees of files that are like its ``/sys`` and ``/proc``."""
        self._sys = sys
        self._asound = proc / "asound"

    def ports(self, api: str, names: Iterable[str]) -> list[PortMarks]:
        """The marks of ports, given the names that python-rtmidi has for them."""
        ports = [parse_port(api, name) for name in names]
        return self._with_usb(ports) if api == "alsa" else ports

    def _with_usb(self, ports: Iterable[PortMarks]) -> list[PortMarks]:
        listed = _text(self._asound / "cards")
        cards = {int(number) for number in _CARD.findall(listed)} if listed is not None else None
        clients = {int(number): name for number, name in _CLIENT.findall(_text(self._asound / "seq" / "clients") or "")}
        found: list[PortMarks] = []
        for port in ports:
            number = sequencer_client(port)
            marks = port if number is None else _told_by_kernel(port, clients.get(number))
            if number is not None and _FIRST <= number < _PROGRAMS:
                card = (number - _FIRST) // _PER_CARD
                if cards is None or card in cards:
                    marks = self._usb(marks, card)
            found.append(marks)
        return found

    def _usb(self, port: PortMarks, card: int) -> PortMarks:
        try:
            folder = (self._sys / "class" / "sound" / f"card{card}" / "device").resolve(strict=True)
        except (OSError, RuntimeError):  # gone, or a loop of links
            return port
        top = self._sys.resolve()
        while top in folder.parents:
            vendor, product = _line(folder / "idVendor"), _line(folder / "idProduct")
            if vendor and product:
                serial, location = _line(folder / "serial"), folder.name
                return dataclasses.replace(
                    port, usb=f"{vendor}:{product}".lower(), serial=serial or None, location=location
                )
            folder = folder.parent
        return port


def _told_by_kernel(port: PortMarks, client: str | None) -> PortMarks:
    """The names apart where the kernel says the client's: either may have a colon in it."""
    if client is None or not port.port.startswith(f"{client}:"):
        return port
    name = port.port.removeprefix(f"{client}:").rpartition(" ")[0]
    return dataclasses.replace(port, client=client, name=name)


def _text(path: Path) -> str | None:
    """What a file of the kernel's says; None if it cannot be read, for whatever reason."""
    with contextlib.suppress(OSError):
        return path.read_bytes().decode(errors="replace")
    return None


def _line(path: Path) -> str:
    return (_text(path) or "").strip()
