"""Dreams over HTTP and OSC, at times off the bar, as a real daemon has them arrive at a real port."""

from __future__ import annotations

import contextlib
import http.client
import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import pytest
from pythonosc.udp_client import SimpleUDPClient

from fakes.daemon import Daemon, free_port
from fakes.jack import Jack, Receiver, wait_until
from fakes.stalls import Stalls
from reverie.compose.course import Course
from reverie.compose.dream_course import dreaming
from reverie.compose.mood_stack import Dream, MoodStack
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.scene.dreams import LEAD
from reverie.documents import parse_document, validate
from reverie.scenes.schema import Scene

pytestmark = pytest.mark.real

PORT = {"main": {"kind": "port", "match": "^synth:", "api": "jack"}}
QPM, BAR = 150.0, 0.8
KICK, BELL, KIT = (0x99, 36), (0x90, 74), 0xC9
OWN_KIT, BRUSH = 0, 40
SCENE = """
name: sleeper
title: A sleeper
tempo: 150
metre: 2/4
key: D
scale: dorian
voices:
  tick: {kind: drums, pattern: {bass: "X... X..."}, output: {channel: 10, program: 0, velocity: [100, 100]}}
  bell: {kind: melody, pattern: "D5:4 A5:4", output: {channel: 1, velocity: [100, 100]}}
moods:
  fear:
    words: [dark, fall*]
    tempo: 0.6
    dynamics: 0.5
    voices: {bell: out, tick: {program: 40, controls: {74: {from: 100, to: 20}}}}
  joy: {words: [sun*], tempo: 1.5, dynamics: 1.2}
guards: {tempo: [105, 180], dynamics: [0.55, 1.2]}
dreams: {length: 12, blend: 4}
"""


@dataclass
class Bar:
    """What arrived in a bar: when it began, how loud its kicks were, if the bell struck, controller and kit."""

    begun: float
    loud: list[int]
    bells: int
    bright: int | None
    kit: int | None


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


def bars_of(synth: Receiver) -> list[Bar]:
    """All bars that have arrived; two kicks are a bar, and what comes a moment before a kick comes with it."""
    bars: list[Bar] = []
    messages = synth.messages
    kicks, bright, kit = 0, None, None
    for at, data in zip(synth.moments, messages, strict=True):
        if tuple(data[:2]) == (0xB9, 74):
            bright = data[2]
        elif data[0] == KIT:
            kit = data[1]
        elif tuple(data[:2]) == KICK and data[2]:
            if kicks % 2 == 0:
                bars.append(Bar(at, [], 0, bright, kit))
            bars[-1].loud.append(data[2])
            bars[-1].bright, bars[-1].kit = bright, kit
            kicks += 1
        elif data[0] == BELL[0] and data[2] and bars:
            # The bell and the kick of a bar line come together, in any order.
            early = kicks % 2 == 0 and at - bars[-1].begun > BAR / 3
            if not early:
                bars[-1].bells += 1
    return bars


def post(daemon: Daemon, **said: Any) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("POST", "/dream", json.dumps(said), {"X-Reverie": "dream"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


class Ear:
    """A receiver that knows which bar sounds."""

    def __init__(self, synth: Receiver) -> None:
        self.synth = synth
        self.since = float("inf")
        """When the receiver's own time began."""

    def now(self) -> float:
        return time.monotonic() - self.since

    def wait_into_bar(self, bar: int, seconds: float) -> float:
        """Wait until bar number ``bar`` has lasted for some seconds; the receiver's time then."""

        def begun() -> bool:
            if self.synth.messages:
                self.since = min(self.since, time.monotonic() - self.synth.moments[-1])
            return len(bars_of(self.synth)) > bar

        wait_until(begun)
        time.sleep(max(bars_of(self.synth)[bar].begun + seconds - self.now(), 0))
        return self.now()


def dreamt(first: int, second: int, third: int, end: int) -> Course:
    """The scene's course, with the dreams of the test that begin in these bars, and its awakening."""
    course = arrange(validate(parse_document(SCENE), Scene), {}).course
    stack = MoodStack().having(Dream("fear", 1.0, first, 14, 4)).having(Dream("joy", 0.75, second, 8, 4))
    wanted = dreaming(course, stack.having(Dream("joy", 1.0, third, 12, 4)).awake(end, lambda _: True))
    assert wanted is not None
    return wanted


def expected(wanted: Course, number: int) -> tuple[list[int], int | None, int | None, bool]:
    """How loud the kicks of a bar are, controller and kit, and whether the bell strikes."""
    state = wanted.at(number)
    tick = state.voice("tick")
    kit = BRUSH if state.mood == "fear" else OWN_KIT
    return [round(100 * tick.dynamics)] * 2, dict(tick.controls)[74], kit, state.voice("bell").sounds


def test_a_stack_of_dreams_is_heard_on_its_very_bars(
    synth: Receiver, make_daemon: Callable[..., Daemon], stalls: Stalls
) -> None:
    port = free_port()
    daemon = make_daemon(PORT, SCENE, control={"osc": {"port": port}}).start()
    osc = SimpleUDPClient("127.0.0.1", port)
    ear = Ear(synth)
    ear.wait_into_bar(6, 0.0)
    wait_until(lambda: daemon.answers() and all(one["up"] for one in daemon.status()["overrides"]["inputs"]))

    here = len(bars_of(synth))
    sent = [ear.wait_into_bar(here, 0.17)]
    assert post(daemon, text="I was FALLING", length=14) == (
        200,
        {"ok": True, "said": "A dream of fear begins with the next bar line."},
    )
    sent.append(ear.wait_into_bar(here + 5, 0.35))
    osc.send_message("/reverie/dream", ["joy", 0.75, 8])
    wait_until(lambda: len(daemon.status()["dreams"]["now"]) == 2)
    stack = [one["mood"] for one in daemon.status()["dreams"]["now"]]
    assert stack == ["fear", "joy"]
    sent.append(ear.wait_into_bar(here + 20, 0.6))
    assert post(daemon, mood="joy")[0] == 200
    sent.append(ear.wait_into_bar(here + 26, 0.1))
    osc.send_message("/reverie/wake", 1)
    ear.wait_into_bar(here + 34, 0.0)
    assert daemon.status()["dreams"]["now"] == []
    assert daemon.metric("reverie_dreams_total", mood="joy", source="osc") == 1
    assert daemon.metric("reverie_dreams_total", mood="joy", source="http") == 1
    assert daemon.metric("reverie_dreams_active") == 0
    assert daemon.stop()[0] == 0
    osc._sock.close()

    bars = bars_of(synth)
    lines = [bar.begun for bar in bars]

    def open_bar(moment: float) -> int:
        """The bar with which a dream has to begin that is wanted at a moment."""
        next_bar = next(number for number, at in enumerate(lines) if at > moment)
        return next_bar + (lines[next_bar] - moment < LEAD)

    numbers = range(2, here + 32)
    heard = [(bar.loud, bar.bright, bar.kit, bool(bar.bells)) for bar in (bars[number] for number in numbers)]
    # What the machine held up on its way may have come too late for the bar for which it was meant.
    starts = [range(open_bar(one), open_bar(one + stalls.longest) + 1) for one in sent]
    courses = [dreamt(*begun) for begun in product(*starts)]
    told = [[expected(course, number) for number in numbers] for course in courses]
    assert heard in told or heard == told[0]
    wanted = courses[told.index(heard)]
    lengths = [after - before for before, after in pairwise(lines)]
    away = [abs(lengths[number] - BAR / wanted.at(number).tempo) for number in numbers]
    assert statistics.median(away) < 0.03
    assert max(away) < 0.03 + stalls.longest
    assert {bar.kit for bar in bars[2:]} == {OWN_KIT, BRUSH}
    factors = [wanted.at(number).tempo for number in range(here + 32)]
    assert min(factors) == pytest.approx(105 / QPM), "the guard held the fear back"
    assert max(factors) == pytest.approx(180 / QPM), "and the joy"
    assert len({bars[number].loud[0] for number in range(here + 32)}) > 8
