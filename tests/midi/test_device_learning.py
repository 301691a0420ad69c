"""Which device is meant: what goes and comes back, or what speaks."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.midi.device_learning import KEY, LOOK, SETTLES, UNPLUG, DeviceLearning, certain, counterparts
from reverie.midi.errors import DeviceError
from reverie.midi.identity import PortMarks, parse_port

GREY = PortMarks("Grey MIDI 1", "Grey", "0944:0117", "12", "1-1.1", "alsa", "Grey:Grey MIDI 1 20:0")
RED = PortMarks("Red MIDI 1", "Red", "1235:0001", None, "1-1.2", "alsa", "Red:Red MIDI 1 24:0")
DAW = parse_port("alsa", "Ardour:in 128:0")
BACK = dataclasses.replace(GREY, port="Grey:Grey MIDI 1 28:0")

Moment = tuple[float, Sequence[PortMarks]]


class FakeRoom:
    """Devices that come, go and speak at given seconds; its own clock, which a wait turns."""

    def __init__(self, *moments: Moment, spoken: Sequence[Moment] = ()) -> None:
        self._moments = moments
        self._spoken = list(spoken)
        self._now = 0.0
        self.said: list[tuple[float, str]] = []

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float, /) -> None:
        self._now += seconds

    def ports(self) -> Sequence[PortMarks]:
        return [ports for at, ports in self._moments if at <= self._now][-1]

    def heard(self) -> Sequence[PortMarks]:
        due = [moment for moment in self._spoken if moment[0] <= self._now]
        self._spoken = self._spoken[len(due) :]
        return [port for _, ports in due for port in ports]

    def lesson(self, *ways: str, within: float = 30.0) -> list[PortMarks]:
        def say(sentence: str) -> None:
            self.said.append((self._now, sentence))

        return DeviceLearning(self, say, ways or (UNPLUG, KEY), within, clock=self).device()


def test_what_is_unplugged_and_plugged_again_is_meant() -> None:
    room = FakeRoom((0, [GREY, RED]), (3, [RED]), (6, [RED, BACK]))
    assert room.lesson() == [BACK]
    assert [sentence for _, sentence in room.said] == [
        "Which device is it? Unplug it and plug it in again, or play a key on it.",
        "Grey:Grey MIDI 1 20:0 (serial 12, location 1-1.1) is gone. Plug it in again.",
    ]
    assert 6 + SETTLES <= room.monotonic() <= 6 + SETTLES + 3 * LOOK


def test_it_may_come_back_in_another_socket_or_with_the_same_number() -> None:
    moved = dataclasses.replace(GREY, location="2-1", serial=None)
    assert FakeRoom((0, [GREY]), (3, []), (6, [moved])).lesson() == [moved]
    assert FakeRoom((0, [GREY]), (3, []), (6, [GREY])).lesson() == [GREY]


def test_what_comes_and_goes_meanwhile_is_not_meant() -> None:
    room = FakeRoom((0, [GREY]), (3, []), (4, [DAW]), (6, [RED, DAW]), (8, [RED, BACK]))
    assert room.lesson() == [BACK]


def test_a_program_that_ends_first_does_not_stand_in_the_way() -> None:
    room = FakeRoom((0, [GREY, DAW]), (2, [GREY]), (4, []), (6, [BACK]))
    assert room.lesson() == [BACK]


def test_what_was_not_there_may_just_be_plugged_in() -> None:
    assert FakeRoom((0, [RED]), (3, [RED, GREY])).lesson() == [GREY]


def test_a_device_has_all_its_ports_before_it_is_taken() -> None:
    first, second, third = (
        dataclasses.replace(GREY, name=f"Grey MIDI {n}", port=f"Grey:Grey MIDI {n} 20:{n}") for n in (1, 2, 3)
    )
    nameless = dataclasses.replace(first, usb=None, serial=None, location=None)
    room = FakeRoom(
        (0, [first, second]), (2, [second]), (2.5, []), (5, [nameless]), (5.5, [first]), (6, [first, second, third])
    )
    assert room.lesson(UNPLUG) == [first, second, third]


def test_a_key_says_who_it_is() -> None:
    room = FakeRoom((0, [GREY, RED]), spoken=[(0, [RED]), (2, [GREY])])
    assert room.lesson() == [GREY]
    assert room.said[-1] == (pytest.approx(2, abs=2 * LOOK), "Grey:Grey MIDI 1 20:0 (serial 12, location 1-1.1) spoke.")


def test_only_the_way_that_is_offered_counts() -> None:
    spoken = [(1.0, [RED])]
    assert FakeRoom((0, [GREY]), (3, []), (6, [GREY]), spoken=spoken).lesson(UNPLUG) == [GREY]
    assert FakeRoom((0, [GREY]), (3, []), (6, [GREY]), spoken=[(8, [GREY])]).lesson(KEY) == [GREY]


@pytest.mark.parametrize(
    ("room", "sentence"),
    [
        (FakeRoom((0, [GREY])), r"nothing was seen within 5 seconds: unplug it and .*; nothing is changed"),
        (FakeRoom((0, [GREY]), (2, [])), r"it was not plugged in again within 5 seconds; nothing is changed"),
        (FakeRoom((0, [GREY]), (2, []), (4, [RED])), "it was not plugged in again"),
        (FakeRoom((0, [GREY, RED]), spoken=[(2, [GREY, RED])]), r"several devices spoke at once: Grey.*, Red.*; play"),
        (FakeRoom((0, [GREY]), spoken=[(2, [RED])]), r"Red.* sends, but nothing there can be sent to"),
    ],
)
def test_what_leaves_it_open_is_told(room: FakeRoom, sentence: str) -> None:
    with pytest.raises(DeviceError, match=sentence):
        room.lesson(within=5)
    assert room.monotonic() < 12


def test_the_person_has_as_long_to_plug_it_again_as_to_unplug_it() -> None:
    assert FakeRoom((0, [GREY]), (4, []), (8, [GREY])).lesson(within=5) == [GREY]


@pytest.mark.parametrize(
    ("api", "speaker", "hears"),
    [
        ("alsa", "Grey:Grey MIDI 1 20:0", ["Grey:Grey MIDI 1 20:0"]),
        ("jack", "system:midi_capture_2", ["system:midi_playback_2"]),
        ("jack", "a2j:Grey [20] (capture): Grey MIDI 1", ["a2j:Grey [20] (playback): Grey MIDI 1"]),
        ("jack", "keys:out", ["keys:in"]),
        ("jack", "both:out", ["both:a", "both:b"]),
        ("jack", "mute:out", []),
        ("coremidi", "Minilogue", ["Minilogue"]),
        ("coremidi", "Minilogue KEYS", []),
    ],
)
def test_who_speaks_can_be_spoken_to(api: str, speaker: str, hears: list[str]) -> None:
    there = {
        "alsa": ["Grey:Grey MIDI 2 20:1", "Grey:Grey MIDI 1 20:0", "Grey:Grey MIDI 1 24:0"],
        "jack": [
            *(f"system:midi_playback_{number}" for number in (1, 2, 3)),
            "a2j:Red [24] (playback): Red MIDI 1",
            "a2j:Grey [20] (playback): Grey MIDI 1",
            "keys:in",
            "both:b",
            "both:a",
        ],
        "coremidi": ["Minilogue", "Minilogue SOUND"],
    }
    ports = [parse_port(system, name) for system, names in there.items() for name in names]
    assert [port.port for port in counterparts(parse_port(api, speaker), ports)] == hears


def test_a_twin_that_only_its_socket_tells_apart_is_worth_a_word() -> None:
    left = dataclasses.replace(GREY, serial=None)
    right = dataclasses.replace(left, location="1-1.2", port="Grey:Grey MIDI 1 24:0")
    assert "this one in 1-1.1" in (certain(left, [left, right]) or "")
    assert certain(left, [left, RED]) is None
    assert certain(GREY, [GREY, dataclasses.replace(right, serial="13")]) is None


def test_a_twin_that_nothing_tells_apart_cannot_be_learned() -> None:
    twins = [parse_port("coremidi", "Twin"), dataclasses.replace(parse_port("coremidi", "Twin"), port="Twin ")]
    with pytest.raises(DeviceError, match="alike in every mark"):
        certain(twins[0], twins)


moments = st.lists(
    st.tuples(st.floats(0, 20), st.lists(st.sampled_from([GREY, BACK, RED, DAW]), unique=True)), max_size=6
)


@given(moments, moments)
def test_whatever_happens_it_ends_in_a_port_that_is_there_or_in_a_sentence(
    changes: list[tuple[float, list[PortMarks]]], spoken: list[tuple[float, list[PortMarks]]]
) -> None:
    first: Moment = (0.0, [GREY, RED])
    by_time: Callable[[Moment], float] = lambda moment: moment[0]  # noqa: E731
    room = FakeRoom(first, *sorted(changes, key=by_time), spoken=sorted(spoken, key=by_time))
    with contextlib.suppress(DeviceError):
        learned = room.lesson(within=25)
        assert learned
        assert set(learned) <= set(room.ports())
    assert room.monotonic() <= 25 + 25 + SETTLES + 1
