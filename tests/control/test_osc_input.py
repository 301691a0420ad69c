"""From packets of Open Sound Control to actions."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder, build_msg

from fakes.patience import PATIENCE
from reverie.control.osc_input import AT_ONCE, LARGEST, MOST, OscInput, OscSocket, action_of, messages_of
from reverie.site.actions import LEVELS, Action, ControlError, ControlLimits, DreamWish

LIMITS = ControlLimits(tempo=(60, 140), volume=(0.2, 1.0), temperature=(0.5, 1.5))


@pytest.mark.parametrize(
    ("address", "arguments", "action"),
    [
        ("/reverie/tempo", [90], Action("tempo", 90.0)),
        ("/reverie/tempo", [9999.0], Action("tempo", 140.0)),
        ("/reverie/swing", [0.6], Action("swing", 0.6)),
        ("/reverie/swing", [0.9, 8], Action("swing", 0.75, over=8)),
        ("/reverie/volume", [0], Action("volume", 0.2)),
        ("/reverie/temperature", [1.2], Action("temperature", 1.2)),
        ("/reverie/temperature/lead", [1.2], Action("temperature", 1.2, "lead")),
        ("/reverie/temperature", ["lead", 1.2], Action("temperature", 1.2, "lead")),
        ("/reverie/next", [], Action("next")),
        ("/reverie/next", [1.0], Action("next")),
        ("/reverie/next", [0.0], None),
        ("/reverie/moment", [], Action("moment")),
        ("/reverie/moment", [1], Action("moment")),
        ("/reverie/moment", [0], None),
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
        ("/reverie/dream", ["fear"], Action.of_dream(DreamWish("fear"))),
        ("/reverie/dream", ["fear", 0.5, "2 min"], Action.of_dream(DreamWish("fear", 0.5, 120.0))),
        (
            "/reverie/dream",
            ["", 1, 16, "I fell", "voice.wav"],
            Action.of_dream(DreamWish(length=16, text="I fell", cue="voice.wav")),
        ),
        ("/reverie/dream", ["fear", 2.5], Action.of_dream(DreamWish("fear", 1.0))),
        ("/reverie/dream/fear", [0.25], Action.of_dream(DreamWish("fear", 0.25, replaces=True))),
        ("/reverie/dream/fear", [0.0], Action("wake", "fear")),
        ("/reverie/wake", [], Action("wake")),
        ("/reverie/wake", [1], Action("wake")),
        ("/reverie/wake", [0], None),
        ("/reverie/wake", ["fear"], Action("wake", "fear")),
        ("/reverie/wake/fear", [1], Action("wake", "fear")),
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


def heard(*packets: bytes, sender: str = "127.0.0.1") -> tuple[list[Action], list[str], int]:
    """What comes of packets that all come at once: actions, complaints, and how much was left out."""
    done: list[Action] = []
    said: list[str] = []
    left_out: list[None] = []
    hearing = OscInput(LIMITS, done.append, said.append, lambda: left_out.append(None), lambda: 0.0)
    for packet in packets:
        hearing.hear(packet, sender)
    return done, said, len(left_out)


@pytest.mark.parametrize("packet", [b"\x1b[2J", b"\xff" * 100, b"#bundle\0", b"x" * (LARGEST + 1)])
def test_a_packet_that_is_no_osc_is_told_once_a_minute_with_its_sender(
    packet: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    done, said, _ = heard(packet, sender="192.0.2.7")
    assert (done, said) == ([], [])
    (record,) = caplog.records
    assert record.getMessage().endswith("comes from 192.0.2.7.")
    assert record.getMessage().isprintable()
    assert record.__dict__["most"] == 1


@pytest.mark.parametrize(
    "address",
    ["/reverie/\x1b[2Jtempo", "/reverie/tempo\r\n12:00 All", "/reverie/mute/\u202elead/x", "/\x9b31m"],
)
def test_escapes_in_an_address_reach_nobodys_terminal(address: str) -> None:
    _, said, _ = heard(build_msg(address, 1).dgram)  # pyright: ignore[reportArgumentType]
    assert said
    assert all(sentence.isprintable() for sentence in said)


def test_a_sender_is_obeyed_so_many_times_and_others_are_not_kept_out() -> None:
    packets = [build_msg("/reverie/tempo", number).dgram for number in range(int(AT_ONCE) + 50)]  # pyright: ignore[reportArgumentType]
    done, _, left_out = heard(*packets)
    assert (len(done), left_out) == (AT_ONCE, 50)


@pytest.mark.parametrize("size", [-4, -20, -(2**31), 0, 1 << 20])
@pytest.mark.timeout(60)
def test_one_packet_with_an_impossible_size_does_not_hang_the_daemon(size: int) -> None:
    """python-osc went round and round at a part whose size is -4: twenty bytes ended the music."""
    packet = b"#bundle\0" + b"\0" * 8 + size.to_bytes(4, "big", signed=True)
    assert heard(packet)[0] == []
    assert heard(packet + b"\0" * 400)[0] == []


@pytest.mark.parametrize(
    "packet", [b"#bundle\0" + b"\0" * 8184, b"/reverie/tempo\0\0," + b"q" * 8000, b"/reverie/tempo\0\0," + b"T" * 8000]
)
def test_one_packet_does_not_fill_the_log(packet: bytes, caplog: pytest.LogCaptureFixture) -> None:
    heard(packet)
    (record,) = caplog.records
    assert "is no OSC 1.0" in record.getMessage()


def test_bundles_within_bundles_are_read_and_not_without_end() -> None:
    packet = GOOD
    for depth in range(400):
        packet = b"#bundle\0" + b"\0" * 8 + len(packet).to_bytes(4, "big") + packet
        if depth in {0, 3, 100}:
            assert len(heard(packet)[0]) == (depth < 100)
    assert heard(packet)[0] == []


def test_a_bundle_counts_as_what_is_in_it() -> None:
    bundle = OscBundleBuilder(2_000_000_000)
    for number in range(MOST):
        bundle.add_content(build_msg("/reverie/tempo", number))  # pyright: ignore[reportArgumentType]
    done, _, left_out = heard(*[bundle.build().dgram] * 20)
    assert len(done) == AT_ONCE
    assert left_out > 0


async def test_a_flood_leaves_time_for_others() -> None:
    """Whoever sends without end would else keep the event loop, and with it the watchdog, busy."""
    taken: list[bytes] = []
    enough = asyncio.Event()
    paused: list[None] = []

    def hear(packet: bytes, _sender: str) -> None:
        taken.append(packet)
        if len(taken) == 150:
            enough.set()
        time.sleep(0.001)  # what a large packet costs

    with socket.socket(type=socket.SOCK_DGRAM) as sender, socket.socket(type=socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        listening = OscSocket("127.0.0.1", port, hear, lambda: paused.append(None))
        try:
            for number in range(200):
                sender.sendto(b"%d" % number, ("127.0.0.1", port))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert 0 < len(taken) < 100
            assert paused
            async with asyncio.timeout(PATIENCE):
                await enough.wait()
            assert taken[:3] == [b"0", b"1", b"2"]
        finally:
            listening.close()


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
    OscInput(LIMITS, done.append, lambda _sentence: None).hear(packet, "127.0.0.1")


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_packet_moves_nothing_beyond_the_limits(at: int, damage: bytes) -> None:
    done: list[Action] = []
    packet = GOOD[:at] + damage + GOOD[at + len(damage) :]
    OscInput(LIMITS, done.append, lambda _sentence: None).hear(packet, "127.0.0.1")
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
