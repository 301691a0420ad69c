"""The trials: what is done to the daemon and its devices. What has to come of it, the tests outside say."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from guest_box import left_alone, powered
from guest_daemon import ROOM, Daemon, Listener
from guest_devices import USB, Synth, cards, load, load_usb, sequencer, usb_cards
from guest_installed import housed, updated
from guest_report import Report, wait_until
from guest_service import service
from guest_starved import starved
from guest_stuck import stuck

HOME = Path("/root")
ROOM_SLOT = {"kind": "virtual", "name": ROOM}
USB_ID = ":".join(USB)


def _hear_more(count: Callable[[], int], more: int, wanted: str) -> None:
    wanted_count = count() + more
    wait_until(lambda: count() >= wanted_count, 180, wanted)


def shipped(report: Report) -> None:
    """A shipped scene, on a device that is known by its vendor, product and serial number."""
    load_usb(1)
    synth = Synth("A", 0, report, serial="123")
    synth.plug()
    synth.wait_until_there()
    report("there", cards=cards(), usb=usb_cards(), location=synth.location, sequencer=sequencer())
    slot = {"kind": "port", "device": {"usb": USB_ID, "serial": "123"}}
    daemon = Daemon(HOME / "shipped", {"scene": "first-light", "slots": {"main": slot}}, report)
    daemon.wait_for_slot("main")
    report("bound", detail=daemon.slot("main")["detail"])
    _hear_more(lambda: synth.heard, 400, "a hundred messages at the device")
    report("tape", text=daemon.tape())
    report("left", status=daemon.stop())
    time.sleep(1)


def pulled(report: Report) -> None:
    """A device is unplugged while it sounds, and plugged in again under another number; another slot goes on."""
    load_usb(1)
    synth = Synth("A", 0, report)
    synth.plug()
    synth.wait_until_there()
    slots = {"main": {"kind": "port", "match": "TestSynth"}, "room": ROOM_SLOT}
    daemon = Daemon(HOME / "pulled", {"slots": slots}, report)
    listener = Listener(report)
    daemon.wait_for_slot("main")
    _hear_more(lambda: synth.heard, 40, "notes at the device")
    _hear_more(lambda: listener.heard, 20, "notes in the room")
    wait_until(lambda: synth.sounding, 60, "a note that sounds")
    report("pulling", card=synth.card, cards=cards())
    synth.unplug()
    report("pulled")
    daemon.wait_for_slot("main", up=False)
    report("lost", detail=daemon.slot("main")["detail"])
    load("snd-dummy", "snd-virmidi")  # two cards that take the numbers that became free
    _hear_more(lambda: listener.heard, 20, "notes in the room meanwhile")
    heard = synth.heard
    report("plugging", cards=cards())
    synth.plug()
    synth.wait_until_there()
    report("plugged", card=synth.card, cards=cards())
    wait_until(lambda: synth.heard > heard, 60, "the first byte after the return")
    report("rebound")
    daemon.wait_for_slot("main")
    report("bound", detail=daemon.slot("main")["detail"])
    _hear_more(lambda: synth.heard, 120, "notes at the device again")
    report("tape", text=daemon.tape())
    report("left", status=daemon.stop())
    time.sleep(1)
    listener.close()


def twins(report: Report) -> None:
    """Two devices that differ in nothing but the socket that they are plugged into."""
    load_usb(2)
    first, second = synths = [Synth(name, controller, report) for controller, name in enumerate("AB")]
    for synth in synths:
        synth.plug()
        synth.wait_until_there()
    report("there", locations=[synth.location for synth in synths], usb=usb_cards(), sequencer=sequencer())
    room = {"room": ROOM_SLOT}
    daemon = Daemon(HOME / "usb", {"slots": room | {"main": {"kind": "port", "device": {"usb": USB_ID}}}}, report)
    listener = Listener(report)
    wait_until(lambda: "several" in daemon.slot("main").get("detail", ""), 120, "a refusal")
    _hear_more(lambda: listener.heard, 20, "notes in the room")
    report("refused", slot=daemon.slot("main"))
    daemon.stop()
    listener.close()
    time.sleep(1)
    report("located")
    device = {"usb": USB_ID, "location": second.location}
    daemon = Daemon(HOME / "location", {"slots": room | {"main": {"kind": "port", "device": device}}}, report)
    daemon.wait_for_slot("main")
    report("bound", slot=daemon.slot("main"), card=second.card, other=first.card)
    _hear_more(lambda: second.heard, 60, "notes at the device")
    daemon.stop()
    time.sleep(1)


_ALL: tuple[Callable[[Report], None], ...] = (
    *(shipped, pulled, twins, stuck, service, updated, housed),
    *(left_alone, powered, starved),
)
TRIALS = {trial.__name__: trial for trial in _ALL}
