"""Trees of files that are like Linux's ``/sys`` and ``/proc``, with sound cards on USB and elsewhere."""

from __future__ import annotations

from pathlib import Path


class Sysfs:
    """The folders ``sys`` and ``proc`` of a machine without sound cards, to which some are added."""

    def __init__(self, folder: Path) -> None:
        self.sys = folder / "sys"
        self.proc = folder / "proc"
        (self.sys / "class" / "sound").mkdir(parents=True)
        self._cards: dict[int, str] = {}
        self._clients = {0: "System", 14: "Midi Through"}
        self._write()

    def usb(self, card: int, location: str, usb: str, serial: str | None = None, name: str = "Grey") -> Path:
        """A sound card on USB; its device's folder, in a hub's if the location has a dot."""
        device = self.sys / "devices" / "pci0000:00" / "usb1"
        parts = location.split(".")
        for count in range(len(parts)):
            device /= ".".join(parts[: count + 1])
            device.mkdir(parents=True, exist_ok=True)
            self._identify(device, "1d6b:0002", None)
        self._identify(device, usb, serial)
        interface = device / f"{location}:1.0"
        interface.mkdir()
        self._add(card, name, interface)
        return device

    def pci(self, card: int, name: str) -> None:
        """A sound card that is not on USB."""
        device = self.sys / "devices" / "pci0000:00" / "0000:00:1b.0"
        device.mkdir(parents=True, exist_ok=True)
        (device / "vendor").write_text("0x8086\n")
        self._add(card, name, device)

    def remove(self, card: int) -> None:
        """The card is gone for the kernel, whatever is left in sysfs."""
        del self._cards[card], self._clients[16 + 4 * card]
        self._write()

    def program(self, number: int, name: str) -> None:
        """A program in the sequencer."""
        self._clients[number] = name
        self._write()

    def _identify(self, device: Path, usb: str, serial: str | None) -> None:
        vendor, product = usb.split(":")
        (device / "idVendor").write_text(f"{vendor}\n")
        (device / "idProduct").write_text(f"{product}\n")
        if serial is not None:
            (device / "serial").write_text(f"{serial}\n")

    def _add(self, card: int, name: str, device: Path) -> None:
        folder = self.sys / "class" / "sound" / f"card{card}"
        folder.mkdir()
        (folder / "device").symlink_to(device)
        self._cards[card] = name
        self._clients[16 + 4 * card] = name
        self._write()

    def _write(self) -> None:
        (self.proc / "asound" / "seq").mkdir(parents=True, exist_ok=True)
        cards = [
            f"{number:2} [{name:15}]: USB-Audio - {name}\n                      {name} at usb-dummy, full speed\n"
            for number, name in self._cards.items()
        ]
        (self.proc / "asound" / "cards").write_text("".join(cards) or "--- no soundcards ---\n")
        clients = [
            f'Client {number:3} : "{name}" [{"Kernel" if number < 128 else "User"}]\n  Port   0 : "{name} 1" (RWe-)\n'
            for number, name in sorted(self._clients.items())
        ]
        (self.proc / "asound" / "seq" / "clients").write_text("Client info\n\n" + "".join(clients))
