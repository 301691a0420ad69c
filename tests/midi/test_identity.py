"""A port is known by what stays: marks are ranked, what contradicts excludes, what is equal is refused."""

from __future__ import annotations

import dataclasses
import itertools
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reverie.midi.errors import DeviceError
from reverie.midi.identity import (
    Marks,
    PortMarks,
    Wanted,
    choose,
    fit,
    missing,
    parse_port,
    sequencer_client,
)

GREY = PortMarks("Grey MIDI 1", "Grey", "0944:0117", "12", "1-1.1", "alsa", "Grey:Grey MIDI 1 20:0")
LEARNED = Marks(**GREY.marks())


def like(given: PortMarks, /, **others: str | None) -> PortMarks:
    return dataclasses.replace(given, **others)  # type: ignore[arg-type]


def chosen(device: Marks, *ports: PortMarks, rivals: tuple[Marks, ...] = ()) -> PortMarks | None:
    return choose(Wanted(device=device, rivals=rivals), ports)


@pytest.mark.parametrize(
    ("api", "written", "client", "name", "number"),
    [
        ("alsa", "Minilogue:Minilogue MIDI 1 20:0", "Minilogue", "Minilogue MIDI 1", 20),
        ("alsa", "Midi Through:Midi Through Port-0 14:0", "Midi Through", "Midi Through Port-0", 14),
        ("alsa", "TiMidity:TiMidity port 0 128:0", "TiMidity", "TiMidity port 0", 128),
        ("alsa", "Odd:Port: left 24:13", "Odd", "Port: left", 24),
        ("alsa", "no numbers", None, "no numbers", None),
        ("jack", "Ardour:MIDI 1/midi_in 1", "Ardour", "MIDI 1/midi_in 1", None),
        ("jack", "system:midi_playback_1", "system", "midi_playback_1", None),
        ("jack", "a2j:Grey [20] (playback): Grey MIDI 1", "a2j", "Grey (playback): Grey MIDI 1", None),
        ("jack", "program:in 20:0", "program", "in 20:0", None),
        ("coremidi", "IAC Driver Bus 1", None, "IAC Driver Bus 1", None),
        ("coremidi", "Interface: Port 1", None, "Interface: Port 1", None),
    ],
)
def test_names_of_every_system_are_read(
    api: str, written: str, client: str | None, name: str, number: int | None
) -> None:
    port = parse_port(api, written)
    assert (port.api, port.port, port.client, port.name) == (api, written, client, name)
    assert sequencer_client(port) == number


@given(st.text(), st.text(st.characters(exclude_characters=":")), st.integers(0, 999), st.integers(0, 999))
def test_new_numbers_change_nothing_but_themselves(name: str, client: str, first: int, second: int) -> None:
    ports = [parse_port("alsa", f"{client}:{name} {number}:0") for number in (first, second)]
    assert ports[0].marks() == ports[1].marks() == {"name": name, "client": client}
    assert chosen(Marks(**ports[0].marks()), ports[1]) == ports[1]


def test_each_rank_goes_before_the_next() -> None:
    fitting = [
        GREY,
        like(GREY, name="other"),
        like(GREY, serial=None, location="1-1.1"),
        like(GREY, serial=None, location="1-9"),
        like(GREY, usb=None, serial=None, location=None),
    ]
    grades = [fit(LEARNED, port) for port in fitting]
    assert None not in grades
    assert grades == sorted(grades, key=lambda grade: grade or (99, True, True, True))
    assert len(set(grades)) == len(grades)
    for count in range(len(fitting)):
        assert chosen(LEARNED, *fitting[count:]) == fitting[count]


@pytest.mark.parametrize(
    "other",
    [
        like(GREY, serial="13"),
        like(GREY, usb="0944:0118"),
        like(GREY, usb=None, serial=None, location=None, name="other"),
        like(GREY, usb=None, serial=None, location=None, client="other"),
    ],
)
def test_what_contradicts_excludes(other: PortMarks) -> None:
    assert chosen(LEARNED, other) is None


def test_a_device_is_known_in_another_socket_by_its_serial_number_or_as_the_only_one_of_its_kind() -> None:
    moved = like(GREY, location="2-4")
    assert chosen(LEARNED, moved) == moved
    nameless = like(moved, serial=None)
    assert chosen(dataclasses.replace(LEARNED, serial=None), nameless) == nameless


def test_two_equal_devices_are_told_apart_by_their_sockets() -> None:
    left, right = (like(GREY, serial=None, location=socket) for socket in ("1-1.1", "1-1.2"))
    assert chosen(Marks(**left.marks()), left, right) == left
    assert chosen(Marks(**right.marks()), left, right) == right


def test_without_a_mark_that_differs_two_equal_devices_are_refused_by_name() -> None:
    left = like(GREY, serial=None, location="1-1.1", port="Grey:Grey MIDI 1 20:0")
    right = like(left, location="1-1.2", port="Grey:Grey MIDI 1 24:0")
    with pytest.raises(DeviceError) as caught:
        chosen(Marks(usb=GREY.usb, name=GREY.name), right, left)
    assert str(caught.value) == (
        "several MIDI ports fit the device with usb 0944:0117, name Grey MIDI 1: Grey:Grey MIDI 1 20:0 (location "
        "1-1.1), Grey:Grey MIDI 1 24:0 (location 1-1.2); location would tell them apart: `reverie ports learn`"
    )


def test_devices_that_nothing_tells_apart_are_refused_with_what_helps() -> None:
    twins = [parse_port("coremidi", "Twin"), like(parse_port("coremidi", "Twin"), port="Twin ")]
    with pytest.raises(DeviceError, match=r"alike in every mark: Twin, Twin ; unplug all but the one that is meant"):
        chosen(Marks(name="Twin"), *twins)


def test_the_device_of_another_slot_is_not_taken_while_ours_is_away() -> None:
    left, right = (like(GREY, serial=None, location=socket) for socket in ("1-1.1", "1-1.2"))
    ours, theirs = Marks(**right.marks()), Marks(**left.marks())
    assert chosen(ours, left) == left, "alone it would be, as devices are moved"
    assert chosen(ours, left, rivals=(theirs,)) is None
    assert chosen(ours, left, right, rivals=(theirs,)) == right
    moved = like(right, location="1-3")
    assert chosen(ours, left, moved, rivals=(theirs,)) == moved


def test_makers_who_give_every_device_the_same_serial_number_are_seen_through() -> None:
    left, right = (like(GREY, serial="000000", location=socket) for socket in ("1-1.1", "1-1.2"))
    ours, theirs = Marks(**right.marks()), Marks(**left.marks())
    assert chosen(ours, left, right) == right
    assert chosen(ours, left, rivals=(theirs,)) is None


def test_two_slots_may_share_a_device() -> None:
    assert chosen(LEARNED, GREY, rivals=(LEARNED,)) == GREY


def test_the_ports_of_one_device_are_told_apart_by_name() -> None:
    ports = [like(GREY, name=f"Grey MIDI {number}", port=f"Grey:Grey MIDI {number} 20:{number}") for number in (1, 2)]
    for port in ports:
        assert chosen(Marks(**port.marks()), *ports) == port
    with pytest.raises(DeviceError, match="name would tell them apart"):
        chosen(Marks(usb=GREY.usb, serial=GREY.serial), *ports)


def test_a_match_without_a_device_is_part_of_any_name() -> None:
    ports = [parse_port("jack", name) for name in ("Ardour:MIDI 1", "Ardour:MIDI 2", "other:in")]
    assert choose(Wanted(match="ardour.*2$"), ports) == ports[1]
    assert choose(Wanted(match="none"), ports) is None
    sentence = "several MIDI ports match 'ardour': Ardour:MIDI 1, Ardour:MIDI 2; make `match` fit only one"
    with pytest.raises(DeviceError, match=re.escape(sentence)):
        choose(Wanted(match="ardour"), ports)


def test_a_match_beside_a_device_says_which_of_its_ports() -> None:
    ports = [like(GREY, name=f"Grey MIDI {number}", port=f"Grey:Grey MIDI {number} 20:{number}") for number in (1, 2)]
    assert choose(Wanted(match="MIDI 2", device=Marks(usb=GREY.usb)), ports) == ports[1]


def test_what_is_missing_is_called_what_people_call_it() -> None:
    wanted = Wanted(device=LEARNED, label="grey synth", place="left shelf")
    assert missing(wanted, [parse_port("jack", "a:b")]) == (
        "no MIDI port is grey synth, left shelf (location 1-1.1, serial 12, usb 0944:0117, client Grey, name Grey MIDI "
        "1); there are a:b: switch the device on or plug it in, or name another by `reverie ports learn`"
    )
    assert "there are no MIDI ports at all: switch the device on" in missing(Wanted(match="x"), [])


def test_a_slot_that_was_taught_nothing_takes_no_port_and_says_how_it_is_taught() -> None:
    only = parse_port("jack", "a:b")
    assert choose(Wanted(label="grey synth"), [only]) is None
    assert missing(Wanted(), [only]) == "it has no device yet; `reverie ports learn NAME` finds it out"


mark = st.none() | st.sampled_from("ab")
marks = st.builds(Marks, name=mark, client=mark, usb=mark, serial=mark, location=mark)
ports_there = st.lists(st.builds(PortMarks, st.sampled_from("ab"), mark, mark, mark, mark), max_size=4).map(
    lambda ports: [like(port, port=f"port {number}") for number, port in enumerate(ports)]
)


def outcome(wanted: Wanted, ports: list[PortMarks]) -> PortMarks | str | None:
    try:
        return choose(wanted, ports)
    except DeviceError as error:
        return str(error)


@given(marks, st.lists(marks, max_size=2), ports_there)
def test_the_order_of_candidates_never_matters(device: Marks, rivals: list[Marks], ports: list[PortMarks]) -> None:
    wanted = Wanted(device=device, rivals=tuple(rivals))
    assert len({outcome(wanted, list(order)) for order in itertools.permutations(ports)}) == 1


@given(marks, ports_there)
def test_what_is_chosen_fits_best_and_contradicts_nothing(device: Marks, ports: list[PortMarks]) -> None:
    result = outcome(Wanted(device=device), ports)
    assume(isinstance(result, PortMarks))
    assert isinstance(result, PortMarks)
    grade = fit(device, result)
    assert grade is not None
    for name in ("usb", "serial"):
        assert None in {getattr(device, name), getattr(result, name)} or getattr(device, name) == getattr(result, name)
    for port in set(ports) - {result}:
        assert (fit(device, port) or (99, True, True, True)) > grade


@given(ports_there)
def test_a_port_that_was_learned_is_found_again_or_refused_never_mistaken(ports: list[PortMarks]) -> None:
    for port in ports:
        result = outcome(Wanted(device=Marks(**port.marks())), ports)
        assert result == port or isinstance(result, str)
