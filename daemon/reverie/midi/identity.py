"""Which port is the one that was meant, by comparing marks. No MIDI system is called.

A port's number changes whenever it is plugged; what stays is ranked. What the device itself says (USB serial
number) goes before where it is plugged in, that before its kind (USB vendor and product), and that before names, which
two equal devices share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from reverie.generations import read_as
from reverie.midi.errors import DeviceError

_ALSA = re.compile(r"(?P<rest>.*) (?P<client>\d+):\d+", re.DOTALL)
_BRIDGED = re.compile(r" \[\d+\](?= \((?:capture|playback)\):)")  # a2jmidid puts the ALSA client's number into the name


@dataclass(frozen=True, slots=True)
class Marks:
    """By what a device is known again, as far as it is known: see :class:`reverie.site.slot_sections.DeviceSection`."""

    name: str | None = None
    client: str | None = None
    usb: str | None = None
    serial: str | None = None
    location: str | None = None

    def __str__(self) -> str:
        """The marks for people, the surest first."""
        said = [f"{mark} {value}" for mark in reversed(_MARKS) if (value := getattr(self, mark)) is not None]
        return ", ".join(said)


_MARKS = tuple(field.name for field in fields(Marks))
_HARDWARE = ("usb", "serial", "location")
_RANKS = (
    ("serial", "usb"),
    ("serial",),
    ("location", "usb"),
    ("location",),
    ("usb",),
    ("client", "name"),
    ("name",),
    ("client",),
)
"""Which marks must be equal, from the surest evidence to the weakest that counts."""


@dataclass(frozen=True, slots=True)
class PortMarks(Marks):
    """A port that is there: ``api`` is the system that has it, ``port`` what python-rtmidi calls it."""

    api: str = ""
    port: str = ""

    def marks(self) -> dict[str, str]:
        """Those that are known, as the site's configuration has them."""
        return {mark: value for mark in _MARKS if (value := getattr(self, mark)) is not None}

    def label(self) -> str:
        """The port's name, and what tells the device from an equal one."""
        told = [f"{mark} {value}" for mark in ("serial", "location") if (value := getattr(self, mark))]
        return f"{self.port} ({', '.join(told)})" if told else self.port


@dataclass(frozen=True, slots=True)
class Wanted:
    """The port of a slot: what its configuration says, and in ``rivals`` the devices of other slots."""

    match: str | None = None
    device: Marks | None = None
    label: str | None = None
    place: str | None = None
    rivals: tuple[Marks, ...] = ()

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Wanted:
        """Read it from plain data; keys that are for others are passed over."""
        device = written.get("device")
        return cls(
            match=written.get("match"),
            device=read_as(Marks, device) if device else None,
            label=written.get("label"),
            place=written.get("place"),
            rivals=tuple(read_as(Marks, rival) for rival in written.get("rivals", ())),
        )

    def __str__(self) -> str:
        """What people call it, where it stands, and by what it is known."""
        by = f"{self.device}" if self.device else f"a name that matches {self.match!r}"
        if not self.label:
            return f"the device with {by}" if self.device else f"a port with {by}"
        return f"{self.label}{f', {self.place}' if self.place else ''} ({by})"


def parse_port(api: str, port: str) -> PortMarks:
    """Read the name that python-rtmidi gives a port.

    ALSA's are ``client:port 20:0``, JACK's ``client:port``; CoreMIDI's do not say where the device's name ends.
    """
    if api == "coremidi":
        return PortMarks(api=api, port=port, name=port)
    numbered = _ALSA.fullmatch(port) if api == "alsa" else None
    client, colon, name = (numbered["rest"] if numbered else _BRIDGED.sub("", port)).partition(":")
    return PortMarks(api=api, port=port, name=name if colon else client, client=client if colon else None)


def sequencer_client(marks: PortMarks) -> int | None:
    """The number of the port's client in ALSA's sequencer."""
    match = _ALSA.fullmatch(marks.port) if marks.api == "alsa" else None
    return int(match["client"]) if match else None


Fit = tuple[int, bool, bool, bool]
"""How well a port fits, the less the better: the rank, then whether socket, name and client's name are others."""


def fit(wanted: Marks, port: PortMarks) -> Fit | None:
    """How well a port fits the marks of a device; None if not at all.

    Another USB identity or serial number is another device. Names that differ do not matter where USB's marks agree, as
    kernels change names; where nothing else speaks for the port, they do.
    """
    known = {mark for mark in _MARKS if getattr(wanted, mark) is not None and getattr(port, mark) is not None}
    equal = {mark for mark in known if getattr(wanted, mark) == getattr(port, mark)}
    decisive = {"usb", "serial"} if equal.intersection(_HARDWARE) else {"usb", "serial", "client", "name"}
    if decisive & known - equal:
        return None
    for rank, marks in enumerate(_RANKS):
        if equal.issuperset(marks):
            return rank, "location" not in equal, "name" not in equal, "client" not in equal
    return None


def choose(wanted: Wanted, ports: Iterable[PortMarks]) -> PortMarks | None:
    """The port that is meant, or None if it is not there; the order of ``ports`` does not matter.

    Raises:
        DeviceError: if several fit equally well: its text names them, and what would tell them apart.
    """
    candidates = set(ports)
    if wanted.match is not None:
        pattern = re.compile(wanted.match, re.IGNORECASE)
        candidates = {port for port in candidates if pattern.search(port.port)}
    if wanted.device is None:
        best = candidates if wanted.match is not None else set[PortMarks]()
    else:
        fits = {port: grade for port in candidates if (grade := _ours(wanted, wanted.device, port)) is not None}
        best = {port for port, grade in fits.items() if grade == min(fits.values())}
    if len(best) > 1:
        raise DeviceError(_ambiguous(wanted, sorted(best, key=lambda port: (port.port, port.label()))))
    return next(iter(best), None)


def _ours(wanted: Wanted, device: Marks, port: PortMarks) -> Fit | None:
    """How well a port fits, unless it is the device of another slot: two equal synthesizers are not each other's."""
    grade = fit(device, port)
    rivals = [theirs for rival in wanted.rivals if (theirs := fit(rival, port)) is not None]
    return None if grade is None or any(theirs[:2] < grade[:2] for theirs in rivals) else grade


def _ambiguous(wanted: Wanted, ports: Sequence[PortMarks]) -> str:
    names = ", ".join(port.label() for port in ports)
    if wanted.device is None:
        return f"several MIDI ports match {wanted.match!r}: {names}; make `match` fit only one"
    telling = [mark for mark in _MARKS if len({getattr(port, mark) for port in ports}) == len(ports)]
    if not telling:
        return f"several MIDI ports are alike in every mark: {names}; unplug all but the one that is meant"
    return f"several MIDI ports fit {wanted}: {names}; {_any_of(telling)} would tell them apart: `reverie ports learn`"


def _any_of(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def missing(wanted: Wanted, ports: Iterable[PortMarks]) -> str:
    """The sentence that says that no port is the one that is meant, and what there is instead."""
    if wanted.match is None and wanted.device is None:
        return "it has no device yet; `reverie ports learn NAME` finds it out"
    names = sorted({port.port for port in ports})
    others = f"there are {', '.join(names)}" if names else "there are no MIDI ports at all"
    if wanted.device is None:
        return f"no MIDI port matches {wanted.match!r}; {others}: switch the device on, or mend `match`"
    what = "switch the device on or plug it in, or name another by `reverie ports learn`"
    return f"no MIDI port is {wanted}; {others}: {what}"
