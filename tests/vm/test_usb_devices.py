"""A real kernel, ALSA's sequencer and USB devices that come and go, in a virtual machine."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from fakes.legal import CONTROL, OFF, ON, LegalStream
from fakes.machine import Evidence, Sighting

REBOUND = 5.0  # seconds after a device is plugged in again
SYSTEMD_KILLS_AFTER = 15.0  # TimeoutStopSec of the unit
BEAT = 60 / 96

pytestmark = [pytest.mark.slow, pytest.mark.real, pytest.mark.timeout(1200)]


@pytest.fixture(scope="session")
def shipped(trial: Callable[[str], Evidence]) -> Evidence:
    return trial("shipped")


@pytest.fixture(scope="session")
def pulled(trial: Callable[[str], Evidence]) -> Evidence:
    return trial("pulled")


@pytest.fixture(scope="session")
def twins(trial: Callable[[str], Evidence]) -> Evidence:
    return trial("twins")


@pytest.fixture(scope="session")
def stuck(trial: Callable[[str], Evidence]) -> Evidence:
    return trial("stuck")


def begun(messages: list[tuple[float | None, bytes]]) -> list[bytes]:
    return [message for _, message in messages if message[0] & 0xF0 == ON]


def taped(sighting: Sighting, *parts: str) -> list[bytes]:
    """The notes that some parts began, or all parts if none is named, by the journal, in the order of sending."""
    events = [line.split() for line in sighting.facts["text"].splitlines() if line.startswith("E ")]
    messages = [(bytes.fromhex(message), part) for _, _, message, part, _ in events]
    return [message for message, part in messages if part in (parts or {part}) and message[0] & 0xF0 == ON]


def assert_goes_on(arrived: list[bytes], written: list[bytes]) -> None:
    """From the moment at which there was somebody to hear it, all that was written has arrived, in order.

    Loops repeat, so that what arrived first may stand in what was written more than once.
    """
    begins = [start for start in range(len(written) - 20) if written[start : start + 10] == arrived[:10]]
    assert any(arrived[: len(written) - start] == written[start:] for start in begins), (begins, arrived, written)


def test_a_shipped_scene_arrives_at_the_device_whole_and_in_order(shipped: Evidence) -> None:
    stream = shipped.stream("A")
    assert not stream.faults, stream.report()
    arrived, written = begun(stream.messages), taped(shipped.one("tape"))
    assert_goes_on(arrived, written)
    assert shipped.one("left").facts["status"] == 0


def test_the_number_and_the_marks_of_a_device_are_where_they_are_looked_for(shipped: Evidence) -> None:
    facts = shipped.one("there").facts
    card = facts["usb"][facts["location"]]
    assert f'Client {16 + 4 * card:3d} : "TestSynth"' in facts["sequencer"]
    assert f"TestSynth MIDI 1 {16 + 4 * card}:0" in shipped.one("bound").facts["detail"]


def test_a_device_that_returns_under_another_number_plays_within_five_seconds(pulled: Evidence) -> None:
    before, after = pulled.one("pulling").facts["card"], pulled.one("plugged").facts["card"]
    assert before != after
    assert str(16 + 4 * after) in pulled.one("bound").facts["detail"]
    plugging, there, rebound = (pulled.one(what).at for what in ("plugging", "plugged", "rebound"))
    took = rebound - plugging
    print(f"the first byte {took:.2f} s after plugging in, {rebound - there:.2f} s after ALSA had the device")
    assert took < REBOUND


def test_what_sounded_when_the_cable_was_pulled_is_ended_first(pulled: Evidence) -> None:
    stream = pulled.stream("A", strays=True)  # a note that was lost with the cable is ended all the same
    assert not stream.faults, stream.report()
    plugging = pulled.one("plugging").at
    before = LegalStream(strays=True)
    for at, piece in pulled.pieces("A", until=plugging):
        before.feed(piece, at)
    back = [said for at, said in stream.messages if at is not None and at > plugging]
    silencing = list(itertools.takewhile(lambda message: message[0] & 0xF0 != ON, back))
    assert silencing[0][0] & 0xF0 == OFF
    assert before.sounding
    before.feed(b"".join(silencing))
    assert not before.sounding
    assert [message[1] for message in silencing if message[0] & 0xF0 == CONTROL] == [64, 123, 120]
    assert len(begun(stream.messages)) > 20


def test_the_other_slot_misses_nothing_while_a_device_is_away(pulled: Evidence) -> None:
    stream = pulled.stream("room", strays=True)  # the listener may have joined while a note sounded
    assert not stream.faults, stream.report()
    arrived, written = begun(stream.messages), taped(pulled.one("tape"), "beat")
    assert_goes_on(arrived, written)


def test_the_music_goes_on_in_time_while_a_device_is_away(pulled: Evidence) -> None:
    lines = [line.split() for line in pulled.one("tape").facts["text"].splitlines()]
    assert [line[0] for line in lines].count("L") == 1  # one life of the player
    bars = [int(tick) for kind, tick, *_ in lines if kind == "B"]
    assert bars == list(range(0, 1920 * len(bars), 1920))
    assert longest_silence(pulled, "pulled", "rebound") <= longest_silence(pulled, "rebound", "tape") + BEAT


def longest_silence(evidence: Evidence, since: str, until: str) -> float:
    times = [at for at, _ in evidence.pieces("room", evidence.one(since).at, evidence.one(until).at)]
    assert len(times) > 5
    return max(later - earlier for earlier, later in itertools.pairwise(times))


@pytest.mark.parametrize("name", ["pulled", "stuck"])
def test_the_daemon_answers_all_the_while(trial: Callable[[str], Evidence], name: str) -> None:
    answers = [sighting.facts for sighting in trial(name).all("health")]
    first = next(number for number, answer in enumerate(answers) if answer["well"])
    assert all(answer["well"] for answer in answers[first:])
    assert max(answer["took"] for answer in answers) < 5
    assert len(answers) > 20


def test_two_equal_devices_are_refused_by_what_they_share(twins: Evidence) -> None:
    slot = twins.one("refused").facts["slot"]
    assert not slot["up"]
    assert slot["detail"].count("TestSynth MIDI 1") == 2
    assert "location would tell them apart" in slot["detail"]
    until = twins.one("located").at
    assert not list(twins.pieces("A", until=until))
    assert not list(twins.pieces("B", until=until))
    assert list(twins.pieces("room", until=until))


def test_two_equal_devices_are_told_apart_by_where_they_are_plugged_in(twins: Evidence) -> None:
    bound = twins.one("bound").facts
    assert f"{16 + 4 * bound['card']}:0" in bound["slot"]["detail"]
    stream = twins.stream("B")
    assert not stream.faults, stream.report()
    assert len(begun(stream.messages)) > 5
    assert not list(twins.pieces("A"))


def test_a_device_that_takes_nothing_any_more_costs_only_its_own_slot(stuck: Evidence) -> None:
    since, until = stuck.one("stuck").at, stuck.one("asked").at
    assert len(list(stuck.pieces("stuck", since, until))) <= 1
    stream = stuck.stream("room", strays=True)
    assert not stream.faults, stream.report()
    assert longest_silence(stuck, "stuck", "asked") < 2 * 4 * BEAT
    lines = [line.split() for line in stuck.one("tape").facts["text"].splitlines()]
    assert [line[0] for line in lines].count("L") == 1


def test_the_daemon_leaves_in_time_although_a_device_takes_nothing(stuck: Evidence) -> None:
    left = stuck.one("left").facts
    print(f"left after {left['took']:.1f} s")
    assert left["status"] == 0
    assert left["took"] < SYSTEMD_KILLS_AFTER
