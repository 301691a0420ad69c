"""From packets of Open Sound Control to actions."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder, build_msg

from reverie.control.actions import LEVELS, Action, ControlError, Limits
from reverie.control.osc import MOST, OscInput, action_of, messages_of

LIMITS = Limits(tempo=(60, 140), volume=(0.2, 1.0), temperature=(0.5, 1.5))


@pytest.mark.parametrize(
    ("address", "arguments", "action"),
    [
        ("/reverie/tempo", [90], Action("tempo", 90.0)),
        ("/reverie/tempo", [9999.0], Action("tempo", 140.0)),
        ("/reverie/volume", [0], Action("volume", 0.2)),
        ("/reverie/temperature", [1.2], Action("temperature", 1.2)),
        ("/reverie/temperature/lead", [1.2], Action("temperature", 1.2, "lead")),
        ("/reverie/temperature", ["lead", 1.2], Action("temperature", 1.2, "lead")),
        ("/reverie/next", [], Action("next")),
        ("/reverie/next", [1.0], Action("next")),
        ("/reverie/next", [0.0], None),
        ("/reverie/panic", [False], None),
        ("/reverie/scene", ["night-watch"], Action("scene", "night-watch")),
        ("/reverie/scene", [2], Action("scene", "2")),
        ("/reverie/pause", [], Action("pause")),
        ("/reverie/pause", [1], Action("pause", value=True)),
        ("/reverie/pause", [False], Action("pause", value=False)),
        ("/reverie/play", [], Action("pause", value=False)),
        ("/reverie/loop", [1.0], Action("loop", value=True)),
        ("/reverie/free", [1], Action("loop", value=False)),
        ("/reverie/free", [0], None),
        ("/reverie/mute/lead", [], Action("mute", None, "lead")),
        ("/reverie/mute", ["lead", 0], Action("mute", value=False, voice="lead")),
        ("/reverie/unmute/lead", [], Action("mute", value=False, voice="lead")),
        ("/reverie/mutate", [], Action("mutate")),
        ("/reverie/mutate", ["lead"], Action("mutate", None, "lead")),
        ("/reverie/quieter", [1], Action("quieter")),
    ],
)
def test_what_a_message_asks_for(address: str, arguments: list[Any], action: Action | None) -> None:
    assert action_of(address, arguments, LIMITS) == action


@pytest.mark.parametrize(
    ("address", "arguments", "sentence"),
    [
        ("/reverie/temp", [1], "did you mean 'tempo'"),
        ("/other/tempo", [1], "nothing is controlled by '/other/tempo'"),
        ("", [], "nothing is controlled by ''"),
        ("/reverie/tempo", [], "/reverie/tempo needs a number"),
        ("/reverie/tempo", ["fast"], "needs a number"),
        ("/reverie/tempo", [float("nan")], "needs a number"),
        ("/reverie/volume", [float("inf")], "needs a number"),
        ("/reverie/scene", [], "needs a number"),
        ("/reverie/mute/lead/on", [1], "nothing is controlled by '/reverie/mute/lead/on'"),
        ("/reverie/scene", [1e300], "its number from 1 to 9999"),
        ("/reverie/scene", [0], "its number from 1 to 9999"),
        ("/reverie/mute", [1], "a mute is for one voice"),
        ("/reverie/tempo/lead", [90], "names a voice"),
        ("/reverie/mute/" + "x" * 101, [], "longer than 100"),
    ],
)
def test_what_asks_for_nothing_is_told(address: str, arguments: list[Any], sentence: str) -> None:
    with pytest.raises(ControlError, match=sentence):
        action_of(address, arguments, LIMITS)


def test_a_bundle_is_obeyed_at_once_and_not_without_end() -> None:
    bundle = OscBundleBuilder(2_000_000_000)  # the year 2033
    for number in range(MOST + 10):
        bundle.add_content(build_msg("/reverie/tempo", number))  # pyright: ignore[reportArgumentType]
    found = list(messages_of(bundle.build().dgram))
    assert len(found) == MOST
    assert found[0] == ("/reverie/tempo", [0])


PACKET = OscMessageBuilder("/reverie/tempo")
PACKET.add_arg(90.0)
GOOD = PACKET.build().dgram


@given(st.binary(max_size=300))
@example(b"")
@example(b"#bundle\0")
@example(b"#bundle\0" + b"\0" * 8 + b"\xff\xff\xff\xff")
@example(b"/reverie/tempo\0\0,i\0\0")
@example(b"/reverie/tempo\0\0,[[[[[[\0")
@example(b"/reverie/scene\0\0,s\0\0\xff\xff\xff\xff")
@example(b"#bundle\0\0\0\0\0\0\0\0\1\0\0\x40\0" * 500)
def test_whatever_bytes_come_nothing_is_raised(packet: bytes) -> None:
    done: list[Action] = []
    OscInput(LIMITS, done.append, lambda _sentence: None).datagram_received(packet, ("127.0.0.1", 1))


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_packet_moves_nothing_beyond_the_limits(at: int, damage: bytes) -> None:
    done: list[Action] = []
    packet = GOOD[:at] + damage + GOOD[at + len(damage) :]
    OscInput(LIMITS, done.append, lambda _sentence: None).datagram_received(packet, ("127.0.0.1", 1))
    for action in done:
        if action.kind in LEVELS:
            low, high = LIMITS.of(action.kind)
            assert isinstance(action.value, float)
            assert low <= action.value <= high


@given(
    st.text(max_size=30) | st.sampled_from(("/reverie/tempo", "/reverie/mute/lead", "/reverie/scene", "/reverie/loop")),
    st.lists(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8)),
)
def test_whatever_is_said_is_an_action_or_a_sentence(address: str, arguments: list[Any]) -> None:
    with contextlib.suppress(ControlError):
        action = action_of(address, arguments, LIMITS)
        assert action is None or str(action)
