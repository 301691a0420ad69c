"""What sounds: each slot's device, its synthesizer and sound server, and whether anybody hears it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reverie.doctor.finding import Finding, bad, doubtful, unknown, well
from reverie.midi.errors import DeviceError
from reverie.midi.identity import PortMarks, Wanted, choose, missing
from reverie.midi.ports import PortScanner
from reverie.midi.rtmidi import jack_server
from reverie.play.outputs.fluidsynth.soundfonts import check_program, find_audio, find_soundfont
from reverie.play.slot_settings import SYNTH

Slots = Mapping[str, Mapping[str, Any]]
"""Slots by name, as plain data."""


def slots_without_daemon(slots: Slots) -> Iterator[Finding]:
    """Whether each slot's device is there, without opening any."""
    ports, trouble = _ports() if any(slot["kind"] == "port" for slot in slots.values()) else ([], "")
    for name, slot in slots.items():
        match slot["kind"]:
            case "fluidsynth":
                yield _synth(name, slot)
            case "port":
                yield _port(name, slot, ports, trouble)
            case kind:
                yield unknown("slots", "slot.untold", slot=name, kind=kind)


def stand_in(slots: Slots) -> Iterator[Finding]:
    """Whether the built-in FluidSynth could sound for slots whose devices are away; nothing where none counts on it."""
    waiting = [name for name, slot in slots.items() if slot.get("absent") == SYNTH]
    if not waiting or SYNTH in slots:
        return
    try:
        check_program()
        font = find_soundfont("auto")
    except DeviceError as error:
        fault, _, advice = str(error).rstrip(".").partition("; ")
        advice = advice[:1].upper() + advice[1:]
        yield bad("slots", "slot.no_stand_in", slot=waiting[0], fault=fault, advice=advice)
    else:
        yield well("slots", "slot.stand_in", slot=waiting[0], font=font.name)


def slots_of_daemon(status: Mapping[str, Any]) -> Iterator[Finding]:
    """What the daemon says of its slots."""
    for slot in status.get("slots", ()):
        told = {"slot": slot["name"], "detail": str(slot["detail"]).rstrip(".")}
        if slot.get("fault"):
            yield bad("slots", "slot.fault", slot=slot["name"], fault=slot["fault"], advice=slot.get("advice", ""))
        elif slot["up"]:
            yield well("slots", "slot.well", **told)
        else:
            yield bad("slots", "slot.away", **told)


def heard_by_daemon(status: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether what is played is heard, as the daemon judges by meters."""
    sounds: Mapping[str, Any] = status.get("sounds") or {}
    for name, one in sounds.items():
        level = "" if one["dbfs"] is None else f"{one['dbfs']:.0f}"
        if not one["able"]:
            yield unknown("heard", "heard.unable", listener=name, detail=one["detail"].rstrip("."))
        elif not one["up"]:
            yield doubtful("heard", "heard.deaf", listener=name, detail=one["detail"].rstrip("."))
        elif one["heard"] is None:
            yield unknown("heard", "heard.soon", listener=name, level=level)
        else:
            yield (well if one["heard"] else bad)(
                "heard", "heard.well" if one["heard"] else "heard.not", listener=name, level=level
            )
    if "monitor" not in sounds:
        yield unknown("heard", "heard.no_monitor")


def slots_tried(tested: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """What came of a quiet figure on each slot: its outcomes as :mod:`reverie.watch.self_test_result` has them."""
    for one in tested:
        if one["outcome"] in {"refused", "running"}:
            yield unknown("trial", f"trial.{one['outcome']}", sentence=one["sentence"])
            continue
        judge = {"heard": well, "unheard": bad, "untold": unknown}.get(one["outcome"], bad)
        text = one["outcome"] if one["outcome"] in {"heard", "unheard", "untold"} else "absent"
        yield judge("trial", f"trial.{text}", slot=one["slot"], sentence=str(one["sentence"]).rstrip("."))


def _synth(name: str, slot: Mapping[str, Any]) -> Finding:
    try:
        check_program()
    except DeviceError:
        return bad("slots", "slot.no_fluidsynth", slot=name)
    try:
        font, audio = find_soundfont(slot.get("soundfont", "auto")), find_audio(slot.get("audio", "auto"))
    except DeviceError as error:
        return bad("slots", "slot.unplayable", slot=name, fault=str(error).rstrip("."))
    if audio == "jack" and jack_server() is None:
        return bad("slots", "slot.no_jack", slot=name)
    return well("slots", "slot.synth", slot=name, font=font.name, audio=audio)


def _ports() -> tuple[list[PortMarks], str]:
    try:
        with PortScanner() as scanner:
            return scanner.ports(), ""
    except DeviceError as error:
        return [], str(error)


def _port(name: str, slot: Mapping[str, Any], ports: Sequence[PortMarks], trouble: str) -> Finding:
    if trouble:
        return bad("slots", "slot.unplayable", slot=name, fault=trouble.rstrip("."))
    wanted, api = Wanted.read(slot), slot.get("api", "auto")
    try:
        port = choose(wanted, [one for one in ports if api in ("auto", one.api)])
    except DeviceError as error:
        return bad("slots", "slot.unplayable", slot=name, fault=str(error).rstrip("."))
    if port is None:
        return bad("slots", "slot.unplayable", slot=name, fault=missing(wanted, list(ports)).rstrip("."))
    return well("slots", "slot.port", slot=name, port=port.port)
