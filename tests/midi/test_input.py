"""Ears: what arrives at a MIDI input, when it did, and what becomes of them when ports, servers and helpers go."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.jack import Jack, wait_until
from fakes.midi_sender import Sender
from fakes.patience import PATIENCE
from fakes.processes import running, stray
from reverie.midi.input import QUEUE, InputState, MidiInput, MidiInputProcess, Moments, TimedMessage
from reverie.processes.helper import AT_ONCE, HelperEnd, HelperProcess, packed

real = pytest.mark.real
PERIOD = 256 / 48_000
NOTES = [[0x90, number % 128, 1 + number // 128] for number in range(200)]
CONTROLLER = [0xB0, 7, 100]

Listen = Callable[[Mapping[str, Any]], MidiInputProcess]


@pytest.fixture
def listen() -> Iterator[Listen]:
    opened: list[MidiInputProcess] = []

    def open_(port: Mapping[str, Any]) -> MidiInputProcess:
        opened.append(MidiInputProcess(port))
        return opened[-1]

    yield open_
    for ears in opened:
        ears.close()


@pytest.fixture
def send() -> Iterator[Callable[..., Sender]]:
    senders: list[Sender] = []

    def begin(port: str, *plan: Any) -> Sender:
        senders.append(Sender(port, *plan))
        return senders[-1]

    yield begin
    for sender in senders:
        sender.end()


def hear(ears: MidiInputProcess, wanted: Callable[[list[TimedMessage]], object]) -> list[TimedMessage]:
    """Listen in the way of the player until all is there that is wanted."""
    heard: list[TimedMessage] = []
    limit = time.monotonic() + PATIENCE
    while not wanted(heard):
        assert time.monotonic() < limit, f"{len(heard)} were heard; {ears.description}"
        select.select([ears], [], [], 0.2)
        heard += ears.receive()
    return heard


def controller_is_heard_once(ears: MidiInputProcess, jack: Jack) -> None:
    """Or twice, where JACK says that the sender was too late for its period: then it hands on its last."""
    heard = [each.message for each in hear(ears, len)]
    assert set(heard) == {bytes(CONTROLLER)}
    if heard[1:]:
        wait_until(lambda: jack.skipped)


@real
@pytest.mark.alone
def test_every_message_is_heard_once_in_order_at_its_time(
    jack: Jack, listen: Listen, send: Callable[..., Sender]
) -> None:
    spaced = [item for note in NOTES for item in (note, {"wait": 0.007})]
    ears, sender = listen({"match": "^keys:"}), send("keys", *spaced)
    hear(ears, lambda _: ears.up)
    assert "keys" in ears.description
    sender.go()
    heard = hear(ears, lambda heard: len(heard) >= len(NOTES))
    sent = sender.sent()
    assert [message.message for message in heard] == [message for _, message in sent]
    late = [message.time - due for message, (due, _) in zip(heard, sent, strict=True)]
    usual = statistics.median(late)
    assert min(late) > -0.001
    assert statistics.quantiles([abs(each - usual) for each in late], n=20)[-1] < PERIOD


@real
def test_a_port_is_found_again_when_it_returns(jack: Jack, listen: Listen, send: Callable[..., Sender]) -> None:
    ears, sender = listen({"match": "^keys:"}), send("keys")
    hear(ears, lambda _: ears.up)
    sender.end()
    hear(ears, lambda _: not ears.up)
    assert "gone" in ears.description
    sender = send("keys", CONTROLLER)
    hear(ears, lambda _: ears.up)
    sender.go()
    controller_is_heard_once(ears, jack)


@real
def test_several_ports_that_match_are_refused(jack: Jack, listen: Listen, send: Callable[..., Sender]) -> None:
    send("keys one")
    send("keys two")
    ears = listen({"match": "^keys"})
    hear(ears, lambda _: "several" in ears.description)
    assert not ears.up


@real
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGALRM])
def test_a_helper_that_dies_is_replaced(
    jack: Jack, listen: Listen, send: Callable[..., Sender], blow: signal.Signals
) -> None:
    ears, sender = listen({"match": "^keys:"}), send("keys", CONTROLLER)
    hear(ears, lambda _: ears.up)
    (helper,) = running("reverie.midi.input", psutil.Process().children())
    descriptor = ears.fileno()
    helper.send_signal(blow)
    hear(ears, lambda _: not ears.up)
    hear(ears, lambda _: ears.up)
    assert ears.fileno() == descriptor
    sender.go()
    controller_is_heard_once(ears, jack)


@real
def test_a_server_that_dies_is_noticed_and_its_successor_used(
    jack: Jack, listen: Listen, send: Callable[..., Sender]
) -> None:
    ears = listen({"match": "^keys:"})
    send("keys")
    hear(ears, lambda _: ears.up)
    jack.kill()
    hear(ears, lambda _: not ears.up)
    jack.start()
    sender = send("keys", CONTROLLER)
    hear(ears, lambda _: ears.up)
    sender.go()
    controller_is_heard_once(ears, jack)


@real
async def test_asyncio_can_wait_for_it(jack: Jack, listen: Listen, send: Callable[..., Sender]) -> None:
    ears, heard, news = listen({"match": "^keys:"}), list[TimedMessage](), asyncio.Event()

    def hear() -> None:
        heard.extend(ears.receive())
        news.set()

    asyncio.get_running_loop().add_reader(ears.fileno(), hear)
    ears.receive()
    sender = send("keys", CONTROLLER)
    async with asyncio.timeout(PATIENCE):
        while not heard:
            await news.wait()
            news.clear()
            if ears.up:
                sender.go()
    asyncio.get_running_loop().remove_reader(ears.fileno())
    assert [each.message for each in heard] == [bytes(CONTROLLER)]


def test_without_a_midi_system_it_says_what_to_do(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody")
    ears = listen({"match": "keys", "api": "jack"})
    hear(ears, lambda _: "start JACK" in ears.description)
    assert not ears.up


def test_a_helper_leaves_with_its_owner_even_one_that_was_killed() -> None:
    code = (
        "import sys, time\n"
        "from reverie.midi.input import MidiInputProcess\n"
        "ears = MidiInputProcess({'match': 'keys', 'api': 'jack'}); ears.receive()\n"
        "print(ears._helper._child.pid, flush=True); time.sleep(60)\n"
    )
    environment = os.environ | {"JACK_DEFAULT_SERVER": "nobody"}
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment)
    assert owner.stdout is not None
    helper = psutil.Process(int(owner.stdout.readline()))
    owner.kill()
    owner.communicate()
    wait_until(lambda: not stray([helper]))


@given(st.lists(st.tuples(st.floats(0.0001, 2), st.floats(0, 0.05)), min_size=1, max_size=60), st.floats(-1e6, 1e6))
def test_moments_are_never_later_than_reading_and_keep_the_steps(
    arrivals: list[tuple[float, float]], epoch: float
) -> None:
    moments, true = Moments(), 2e6 + epoch
    least = 1.0
    for number, (step, delay) in enumerate(arrivals):
        true += step
        least = min(least, delay)
        told = moments.of(step if number else 0.0, true + delay)
        assert told <= true + delay + 1e-6
        assert told >= true - 1e-6


def test_moments_recover_from_steps_that_were_lost() -> None:
    moments = Moments()
    moments.of(0.0, 100.0)
    assert moments.of(0.01, 100.012) == pytest.approx(100.01)
    assert moments.of(0.01, 107.0) == pytest.approx(107.0)  # a queue ran over, and seven seconds of steps with it
    assert moments.of(0.01, 107.011) == pytest.approx(107.01)


class Flood:
    """A client of python-rtmidi whose queue never empties."""

    def __init__(self, message: list[int]) -> None:
        self.read = 0
        self._message = message

    def get_message(self) -> tuple[list[int], float]:
        self.read += 1
        return self._message, 0.0

    def close_port(self) -> None:
        pass


def test_an_input_that_never_ends_leaves_its_helper_a_turn() -> None:
    midi = MidiInput({"match": "x"})
    midi._in = flood = Flood([0x90, 60, 1])  # pyright: ignore[reportPrivateUsage]
    assert len(list(midi.read())) == flood.read == QUEUE


def test_what_is_too_long_for_the_owner_is_left_out_and_no_end_of_the_helper() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        ours.send(b"{}")
        before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM)
        try:
            owner = HelperEnd(theirs)
        finally:
            for number, handler in zip((signal.SIGINT, signal.SIGALRM), before, strict=True):
                signal.signal(number, handler)
        assert not owner.tell(TimedMessage(1.0, b"\xf0" * 4_000_000))
        assert not owner.gone
        assert owner.tell(TimedMessage(1.0, b"\x90\x3c\x40"))
        assert ours.recv(1000) == b'{"type":"midi","time":1.0,"message":"903c40"}'
        owner._socket.close()  # pyright: ignore[reportPrivateUsage]


def test_a_device_that_never_ends_leaves_the_player_a_turn() -> None:
    helper = HelperProcess("json.tool", {}, InputState)  # which leaves at once
    try:
        for _ in range(100):
            helper._theirs.send(packed(InputState(up=True, detail="")))  # pyright: ignore[reportPrivateUsage]
        assert len(helper.receive(0.0)) <= AT_ONCE
        while helper.receive(0.0):
            pass
    finally:
        helper.close()


def test_escapes_in_a_devices_name_reach_nobodys_terminal() -> None:
    ears = MidiInputProcess({"match": "x"})
    helper = ears._helper  # pyright: ignore[reportPrivateUsage]
    helper._starts_at = float("inf")  # pyright: ignore[reportPrivateUsage]
    try:
        helper._theirs.send(packed(InputState(up=False, detail="there are \x1b[2Jkeys\n")))  # pyright: ignore[reportPrivateUsage]
        ears.receive()
        assert ears.description == r"there are \x1b[2Jkeys\n"
    finally:
        ears.close()
