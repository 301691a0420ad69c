"""The commands ``reverie ports ...``: which MIDI ports are there, whose they are, and how a slot is taught its device.

What does the work is imported by the command that needs it, so that ``reverie --help`` stays quick.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.cli.arguments import add_command, add_config, add_json, duration
from reverie.midi.errors import DeviceError

if TYPE_CHECKING:
    from reverie.midi.identity import PortMarks, Wanted

Slots = Callable[[Path | None], Mapping[str, Mapping[str, Any]]]
"""Given the site's file, or none for the one that counts, its slots by name, as plain data."""

PATIENCE = 120.0
_NONE = "There is no MIDI port yet: plug a synthesizer in, or start one, such as FluidSynth or a DAW."


def add_parsers(commands: Any, slots: Slots) -> None:
    """Add ``ports`` to the commands of ``reverie``."""
    ports = add_command(commands, "ports", "list the MIDI ports that a slot can be bound to, or teach a slot its own")
    add_json(ports)
    add_config(ports)
    ports.set_defaults(command=partial(_list, slots))
    actions = ports.add_subparsers(metavar="ACTION")

    learn = add_command(
        actions, "learn", "find out which device belongs to a slot: somebody unplugs it, or plays a key on it"
    )
    learn.add_argument("slot", metavar="SLOT", help="the slot's name; a slot that does not exist yet is made")
    learn.add_argument("--label", metavar="TEXT", help="what people call the device, such as 'grey synth'")
    learn.add_argument("--place", metavar="TEXT", help="where it stands, such as 'left shelf'")
    learn.add_argument(
        "--by", choices=("unplug", "key"), help="ask for nothing else than to unplug the device, or to play a key on it"
    )
    learn.add_argument(
        "--match", metavar="REGEX", help="look only at ports whose names have a match of this regular expression"
    )
    learn.add_argument(
        "--within",
        type=duration,
        default=PATIENCE,
        metavar="DURATION",
        help="how long to wait in each step, such as 30s or 5m; else 2m",
    )
    add_config(learn, of_action=True)
    learn.set_defaults(command=partial(_learn, slots))


@dataclass(frozen=True, slots=True)
class _Slot:
    """A slot of kind ``port``: what is wanted, the port that it is bound to if there is one, and a sentence on that."""

    name: str
    wanted: Wanted
    port: PortMarks | None
    detail: str


def _list(slots: Slots, options: argparse.Namespace) -> int:
    from reverie.midi.identity import Wanted
    from reverie.midi.ports import PortScanner

    there: list[PortMarks] = []
    sources: list[PortMarks] = []
    trouble = None
    try:
        with PortScanner() as scanner:
            there, sources = scanner.ports(), scanner.sources()
    except DeviceError as error:
        trouble = str(error)
    bound = [
        _Slot(name, wanted := Wanted.read(slot), *_bind(wanted, slot["api"], there))
        for name, slot in slots(options.config).items()
        if slot["kind"] == "port"
    ]
    if options.json:
        _say(json.dumps(_as_json(there, bound, trouble) | {"sources": [asdict(port) for port in sources]}, indent=2))
    else:
        _print(there, bound, trouble)
        for port in sources:
            if port not in there:
                _say(f"{port.api}: {port.port}\n    only to listen to: for a control surface or a clock")
    return 0


def _as_json(there: Sequence[PortMarks], bound: Sequence[_Slot], trouble: str | None) -> dict[str, Any]:
    return {
        "ports": [asdict(port) | {"slots": [slot.name for slot in bound if slot.port == port]} for port in there],
        "slots": [
            {
                "slot": slot.name,
                "label": slot.wanted.label,
                "place": slot.wanted.place,
                "api": slot.port.api if slot.port else None,
                "port": slot.port.port if slot.port else None,
                "detail": slot.detail,
            }
            for slot in bound
        ],
        "trouble": trouble,
    }


def _print(there: Sequence[PortMarks], bound: Sequence[_Slot], trouble: str | None) -> None:
    for port in there:
        _say(f"{port.api}: {port.port}")
        if marks := [f"{mark} {value}" for mark in ("usb", "serial", "location") if (value := getattr(port, mark))]:
            _say(f"    {', '.join(marks)}")
        for slot in bound:
            if slot.port == port:
                called = ", ".join(name for name in (slot.wanted.label, slot.wanted.place) if name)
                _say(f"    slot {slot.name}{f' ({called})' if called else ''}")
    if trouble:
        _say(f"{trouble[0].upper()}{trouble[1:]}.")
    elif not there:
        _say(_NONE)
    for slot in bound:
        if slot.port is None:
            _say(f"slot {slot.name}: {slot.detail}")


def _bind(wanted: Wanted, api: str, there: Sequence[PortMarks]) -> tuple[PortMarks | None, str]:
    """The port that a slot is bound to whenever it is opened, or why it is not; systems are asked one by one."""
    from reverie.midi.identity import choose, missing

    candidates = [port for port in there if api in {"auto", port.api}]
    for system in dict.fromkeys(port.api for port in candidates):
        try:
            if port := choose(wanted, [port for port in candidates if port.api == system]):
                return port, f"bound to {port.label()}"
        except DeviceError as error:
            return None, str(error)
    return None, missing(wanted, candidates)


def _learn(slots: Slots, options: argparse.Namespace) -> int:
    from reverie.midi.device_learning import KEY, UNPLUG, DeviceLearning, certain
    from reverie.midi.ports import PortScanner
    from reverie.site.learned import beside, ready, update
    from reverie.site.load import find_site

    path = beside(options.config or find_site())
    ready(path)
    slot = slots(options.config).get(options.slot, {})
    if slot.get("kind", "port") != "port":
        raise DeviceError(
            f"the slot {options.slot!r} is of kind {slot['kind']!r} and has no device to learn; name another"
        )
    if not slot:
        _say(f"The configuration has no slot {options.slot!r} yet; it will be made, as one of kind 'port'.")
    fits = _matching(options.match)
    with PortScanner(wanted=fits) as scanner:
        learning = DeviceLearning(scanner, _say, (options.by,) if options.by else (UNPLUG, KEY), options.within)
        port = _pick(learning.device())
        caution = certain(port, scanner.ports())
    _say(f"It is {port.port} ({', '.join(f'{mark} {value}' for mark, value in port.marks().items())}).")
    if caution:
        _say(caution)
    entry = {
        "device": port.marks(),
        "label": _ask("What do people call it?", options.label, slot.get("label")),
        "place": _ask("Where does it stand?", options.place, slot.get("place")),
        "api": port.api,
    }
    update(path, {"slots": {options.slot: {key: value for key, value in entry.items() if value}}})
    _say(f"Slot {options.slot} is learned: {path}. It counts from the next start of Reverie.")
    return 0


def _matching(pattern: str | None) -> Callable[[PortMarks], object]:
    try:
        compiled = re.compile(pattern or "", re.IGNORECASE)
    except re.error as error:
        raise DeviceError(
            f"{pattern!r} is no regular expression ({error}); put \\ before a sign that means itself"
        ) from error
    return lambda port: compiled.search(port.port)


def _pick(ports: Sequence[PortMarks]) -> PortMarks:
    """The one that is meant of the ports of a device.

    Raises:
        DeviceError: if nobody is there to say which.
    """
    if len(ports) == 1:
        return ports[0]
    if not sys.stdin.isatty():
        names = ", ".join(port.port for port in ports)
        raise DeviceError(f"there are several ports: {names}; name the right one with --match; nothing is changed")
    for number, port in enumerate(ports, 1):
        _say(f"{number}  {port.label()}")
    while True:
        answer = _input("Which of them? ")
        if answer.isdecimal() and 1 <= int(answer) <= len(ports):
            return ports[int(answer) - 1]
        _say(f"Type a number from 1 to {len(ports)}.")


def _ask(question: str, given: str | None, before: str | None) -> str | None:
    """What was given, or what a person at a terminal answers; what was known before, if that is nothing."""
    if given is not None or not sys.stdin.isatty():
        return given or before
    return _input(f"{question} [{before or 'nothing'}] ").strip() or before


def _input(prompt: str) -> str:
    try:
        return input(prompt)
    except (EOFError, OSError) as error:
        raise DeviceError("the question was left without an answer; nothing is changed") from error


def _say(text: str) -> None:
    """Tell the person, at once even if a program listens."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
