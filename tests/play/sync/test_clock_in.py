"""MIDI clock over real JACK, from a sender that is another program, followed by place, tempo and transport."""

from __future__ import annotations

import select
import statistics
import time
from collections.abc import Callable, Iterator

import pytest

from fakes.jack import Jack
from fakes.midi_sender import Sender
from fakes.patience import PATIENCE
from reverie.play.sync.clock_in import MidiClock
from reverie.play.sync.leader import Position
from reverie.play.sync.leaders import make_leader, make_leaders

pytestmark = pytest.mark.real

PERIOD = 256 / 48_000
BEFORE, AFTER = 120, 90
PULSES = 240
PLAN = [[0xFA], {"wait": 0.002}, {"qpm": BEFORE, "pulses": PULSES}, {"qpm": AFTER, "pulses": PULSES}, [0xFC]]


@pytest.fixture
def clock(jack: Jack) -> Iterator[MidiClock]:
    leader = make_leader({"clock": {"match": "^drums:", "device": None, "api": "auto"}, "link": None}, "clock")
    assert isinstance(leader, MidiClock)
    yield leader
    leader.close()


@pytest.fixture
def drums(jack: Jack) -> Iterator[Callable[..., Sender]]:
    senders: list[Sender] = []

    def begin(*plan: object) -> Sender:
        senders.append(Sender("drums", *plan))
        return senders[-1]

    yield begin
    for sender in senders:
        sender.end()


def follow(clock: MidiClock, until: Callable[[], object]) -> list[tuple[float, Position]]:
    """Look as often as a player does."""
    seen: list[tuple[float, Position]] = []
    limit = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < limit, clock.description
        select.select([*clock.waits_for()], [], [], 0.01)
        now = time.monotonic()
        clock.poll(now)
        if (position := clock.position(now)) is not None:
            seen.append((now, position))
    return seen


def test_place_and_tempo_of_an_independent_sender_are_followed(clock: MidiClock, drums: Callable[..., Sender]) -> None:
    sender = drums(*PLAN)
    follow(clock, lambda: "drums" in clock.description)
    assert clock.playing is None
    sender.go()
    seen = follow(clock, lambda: clock.playing is False)
    pulses = [due for due, message in sender.sent() if message == b"\xf8"]

    errors: dict[int, list[float]] = {BEFORE: [], AFTER: []}
    tempos: list[float] = []
    for now, position in seen:
        assert position.bars
        number = sum(due <= now for due in pulses) - 1
        settled = number > 48 and not PULSES <= number <= PULSES + 6
        if settled and number < len(pulses) - 1:
            step = pulses[number + 1] - pulses[number]
            true = 20 * (number + (now - pulses[number]) / step)
            errors[BEFORE if number < PULSES else AFTER].append((position.tick - true) / 20 * step)
            tempos.append(step / 20 / position.seconds_per_tick)
    assert sum(0.95 < one < 1.05 for one in tempos) > 0.9 * len(tempos), "but for pulses that the machine held up"
    for qpm, some in errors.items():
        usual = statistics.median(some)  # the constant way through JACK
        spread = statistics.median(abs(error - usual) for error in some)
        worst = max(abs(error - usual) for error in some)
        print(
            f"{qpm} qpm: {usual * 1e3:.2f} ms behind, {spread * 1e3:.3f} ms about that usually, "
            f"{worst * 1e3:.2f} ms at most, {len(some)} looks"
        )
        assert -1.5 * PERIOD < usual < 0.001
        assert spread < PERIOD / 2


def test_a_sender_that_goes_leaves_nobody_and_is_met_again(clock: MidiClock, drums: Callable[..., Sender]) -> None:
    sender = drums([0xFA], {"qpm": 120, "pulses": 2000})
    follow(clock, lambda: "drums" in clock.description)
    sender.go()
    follow(clock, lambda: clock.position(time.monotonic()))
    assert clock.playing
    sender.end()
    follow(clock, lambda: clock.position(time.monotonic()) is None and clock.playing is None)
    assert "gone" in clock.description

    bar = 200 // 16
    sender = drums([0xF2, 200 & 0x7F, 200 >> 7], [0xFB], {"qpm": 140, "pulses": 2000})
    follow(clock, lambda: "listening" in clock.description)
    sender.go()
    follow(clock, lambda: (place := clock.position(time.monotonic())) and place.tick >= 200 * 120)
    place = clock.position(time.monotonic())
    assert place is not None
    assert place.bars
    assert int(place.tick / 1920) == bar


def test_leaders_are_those_that_the_site_names(jack: Jack) -> None:
    assert make_leaders({"clock": None, "link": None}) == {}
    leaders = make_leaders({"clock": {"match": "x", "device": None, "api": "jack"}, "link": None})
    assert list(leaders) == ["clock"]
    for leader in leaders.values():
        leader.close()
