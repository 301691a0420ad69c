"""The connection to a real broker: kept topics, a goodbye, wishes, logins, TLS, and a broker that comes and goes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from fakes.certificate_files import make_certificate
from fakes.mosquitto import Broker, Watcher
from fakes.patience import PATIENCE
from fakes.sinks import until
from fakes.stalls import Stalls
from reverie.mqtt import broker_link
from reverie.mqtt.broker_link import LEAVE, BrokerLink
from reverie.mqtt.broker_topics import InstallationState
from reverie.site.mqtt_section import MqttSection
from reverie.watch.faults import Faults

pytestmark = pytest.mark.real


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path / "broker").start()
    yield broker
    broker.stop()


@contextlib.asynccontextmanager
async def watching(broker: Broker, **login: Any) -> AsyncGenerator[Watcher]:
    async with aiomqtt.Client("127.0.0.1", broker.port, **login) as client:
        watcher = Watcher(client)
        task = asyncio.create_task(watcher.watch())
        try:
            yield watcher
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@contextlib.contextmanager
def linked(
    broker: Broker, wish: Callable[[str, bytes, Callable[[str], None]], object] = lambda *_: None, **section: Any
) -> Generator[BrokerLink]:
    given: dict[str, Any] = {"host": "127.0.0.1", "port": broker.port, "topic": "west"}
    link = BrokerLink(MqttSection(**given | section), Faults(), wish)
    link.start()
    try:
        yield link
    finally:
        link.stop()


async def test_whoever_comes_later_sees_what_is_and_not_what_was(broker: Broker) -> None:
    with linked(broker) as link:
        link.tell({"west/scene": "one", "west/bar": "1"})
        link.tell({"west/scene": "two"})
        await until(lambda: link.up)
        async with watching(broker) as watcher:
            await until(lambda: watcher.kept == {"west/availability": "online", "west/scene": "two"})
            link.tell({"west/scene": "three", "west/bar": "2"})
            await until(lambda: watcher.kept.get("west/bar") == "2" and watcher.kept["west/scene"] == "three")
            link.tell({"west/bar": "2"})
            await until(lambda: "west/scene" not in watcher.kept)
        assert [retain for _, topic, _, retain in watcher.heard if topic == "west/availability"] == [True]


async def test_leaving_is_said_and_a_lost_link_is_the_brokers_to_say(broker: Broker) -> None:
    async with watching(broker) as watcher:
        with linked(broker):
            await until(lambda: watcher.kept.get("west/availability") == "online")
        await until(lambda: watcher.kept.get("west/availability") == "offline")


async def test_a_broker_that_is_started_later_or_anew_has_all_of_it(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "broker")
    with linked(broker) as link:
        link.tell({"west/scene": "one"})
        for count in range(2):
            broker.start()
            async with watching(broker) as watcher:
                await until(lambda watcher=watcher: watcher.kept.get("west/scene") == "one")
                assert watcher.kept["west/availability"] == "online"
            broker.stop()
            await until(lambda: not link.up)
            assert count in {0, 1}


async def test_a_broker_that_hangs_holds_up_nobody_and_has_the_present_once_it_goes_on(
    broker: Broker, stalls: Stalls
) -> None:
    with linked(broker) as link:
        link.tell({"west/bar": "0"})
        await until(lambda: link.up)
        broker.freeze(on=True)
        begun = time.monotonic()
        for bar in range(10_000):
            link.tell({"west/bar": f"{bar}"})
        assert time.monotonic() - begun < PATIENCE / 4 + stalls.longest
        broker.freeze(on=False)
        async with watching(broker) as watcher:
            await until(lambda: watcher.kept.get("west/bar") == "9999")
            assert len(watcher.heard) < 100
        broker.freeze(on=True)
        begun = time.monotonic()
        link.stop()
        assert time.monotonic() - begun < 3 * LEAVE + stalls.longest
        broker.freeze(on=False)


async def test_wishes_are_heard_and_answered_and_one_that_was_kept_is_none(broker: Broker) -> None:
    heard: list[tuple[str, bytes, bool]] = []

    def wish(what: str, payload: bytes, answer: Callable[[str], None]) -> None:
        heard.append((what, payload, threading.current_thread() is threading.main_thread()))
        answer(f"It is done: {what}.")

    async with watching(broker) as watcher:
        await watcher.client.publish("west/set/volume", "0.1", retain=True)
        with linked(broker, wish, control=True) as link:
            await until(lambda: link.up)
            await watcher.client.publish("west/set/scene", "night-watch")
            await until(lambda: watcher.kept.get("west/answer") == "It is done: scene.")
            for _ in range(200):
                await watcher.client.publish("west/set/next", "")
            await watcher.client.publish("west/set/pause", "ON")
            await until(lambda: len([one for one in watcher.heard if one[1] == "west/set/pause"]) == 1)
    assert heard[0] == ("scene", b"night-watch", False)
    assert ("volume", b"0.1", False) not in heard
    assert 5 < len(heard) < 60, "a flood is cut"


async def test_without_control_nobody_is_heard(broker: Broker) -> None:
    heard: list[str] = []
    async with watching(broker) as watcher:
        with linked(broker, lambda what, *_: heard.append(what)) as link:
            await until(lambda: link.up)
            await watcher.client.publish("west/set/next", "", qos=1)
            link.tell({"west/scene": "after"})
            await until(lambda: watcher.kept.get("west/scene") == "after")
    assert heard == []


async def test_logging_in_by_a_file_and_in_vain(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = tmp_path / "password"
    secret.write_text("RIGHT-SECRET\n")
    broker = Broker(tmp_path / "broker", "RIGHT-SECRET").start()
    try:
        with linked(broker, username="reverie", password_file=str(secret)) as link:
            await until(lambda: link.up)
        secret.write_text("WRONG-SECRET\n")
        with linked(broker, username="reverie", password_file=str(secret)) as link:
            await until(lambda: "is not there" in caplog.text)
            assert not link.up
    finally:
        broker.stop()
    assert "SECRET" not in caplog.text


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # paho leaves the socket to the collector
async def test_tls_is_spoken_with_whom_the_certificate_names(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make_certificate(certificate, key)
    broker = Broker(tmp_path / "broker", certificate=certificate, key=key).start()
    try:
        with linked(broker, host="localhost", tls=True, ca=str(certificate)) as link:
            await until(lambda: link.up)
        with linked(broker, host="localhost", tls=True) as link:
            await until(lambda: "is not there" in caplog.text)
            assert not link.up
        assert "certificate" in caplog.text.lower()
    finally:
        broker.stop()


async def test_the_thread_of_mqtt_ended_for_good_by_a_host_that_is_no_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(broker_link, "PATIENCE", 0.0)
    monkeypatch.setattr(broker_link, "FIRST_PAUSE", 0.01)
    faults = Faults()
    unchecked = MqttSection(host="127.0.0.1", port=1, topic="west").model_copy(update={"host": "broker..local"})
    link = BrokerLink(unchecked, faults, lambda *_: None)
    told = list[str]()
    monkeypatch.setattr(faults, "tell", lambda kind, *_: told.append(kind.id))
    link.start()
    await until(lambda: len(told) > 2)
    assert set(told) == {"mqtt-away"}
    assert not link.up
    assert link._thread is not None
    assert link._thread.is_alive()
    link.stop()
    assert not link._thread.is_alive()
    assert caplog.text.count("is not there") == 1


async def test_two_boxes_with_one_topic_threw_each_other_out_for_ever_and_nobody_was_told(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(broker_link, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(broker_link, "LONGEST_PAUSE", 0.2)
    section = MqttSection(host="127.0.0.1", port=broker.port, topic="west")
    registers = Faults(), Faults()
    links = [BrokerLink(section, faults, lambda *_: None) for faults in registers]
    for link in links:
        link.start()
    try:
        await until(lambda: all(faults.active for faults in registers))
        for faults in registers:
            [fault] = faults.active
            assert fault.id == "mqtt-away"
            assert "ends the connection again and again" in fault.sentence
            assert "another box has the topic west" in fault.advice
        await until(lambda: min(link._short for link in links) > 2 * broker_link.THROWN_OUT)
        assert all(faults.active for faults in registers), "a connection that does not last ends no fault"
        assert caplog.text.count("is told how the installation is") <= 2
        links[1].stop()
        monkeypatch.setattr(broker_link, "STEADY", 0.5)
        broker.stop()
        broker.start()
        await until(lambda: not registers[0].active)
        assert links[0].up
    finally:
        for link in links:
            link.stop()


async def test_a_broker_that_took_everybody_and_kept_nobody_was_asked_every_second(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_link, "FIRST_PAUSE", 0.01)
    link = BrokerLink(MqttSection(host="127.0.0.1", port=broker.port, topic="west"), Faults(), lambda *_: None)
    pauses = list[float]()

    async def wait(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0.01)

    async def thrown_out() -> None:
        link._told_all()
        raise aiomqtt.MqttError("Disconnected during message iteration")

    monkeypatch.setattr(link, "_wait", wait)
    monkeypatch.setattr(link, "_connected", thrown_out)
    link.start()
    await until(lambda: len(pauses) >= 6)
    link.stop()
    assert pauses[:6] == [0.01, 0.02, 0.04, 0.08, 0.16, 0.32]


async def test_a_mistake_in_a_connection_ended_mqtt_and_left_the_broker_up(broker: Broker) -> None:
    heard = list[str]()

    def wish(what: str, *_: object) -> None:
        heard.append(what)
        if len(heard) == 1:
            raise LookupError(what)

    async with watching(broker) as watcher:
        with linked(broker, wish, control=True) as link:
            link.tell({"west/scene": "one"})
            await until(lambda: link.up)
            await watcher.client.publish("west/set/next", "", qos=1)
            await until(lambda: ("west/availability", "offline") in [one[1:3] for one in watcher.heard])
            await until(lambda: watcher.kept["west/availability"] == "online" and link.up)
            await watcher.client.publish("west/set/next", "", qos=1)
            await until(lambda: heard == ["next", "next"])


async def test_a_link_that_was_stopped_could_not_be_started_again(broker: Broker) -> None:
    with linked(broker) as link:
        link.tell({"west/scene": "one"})
        await until(lambda: link.up)
        link.stop()
        assert not link.up
        link.start()
        await until(lambda: link.up)


async def test_a_scene_whose_file_has_bytes_that_are_no_text_ended_mqtt(broker: Broker) -> None:
    name = os.fsdecode(b"caf\xe9")
    told = InstallationState(
        "good", f"Plays {name}.", True, True, False, name, 1, "", 1.0, "9.9", scenes=(name,)
    ).topics()
    with linked(broker) as link:
        link.tell({f"west/{topic}": payload for topic, payload in told.items()})
        await until(lambda: link.up)
        async with watching(broker) as watcher:
            await until(lambda: watcher.kept.get("west/scene") == r"caf\udce9")


@pytest.mark.parametrize(
    "host", ["broker.local", "192.168.1.5", "fe80::1%eth0", "::1", "mosquitto_1", "b\u00fccher.example"]
)
def test_a_host_that_is_one_is_taken(host: str) -> None:
    assert MqttSection(host=host).host == host


@pytest.mark.parametrize("host", ["broker..local", "mqtt://broker", "broker:1883", "a b", "x" * 64])
def test_a_host_that_is_none_is_told_in_the_configuration(host: str) -> None:
    with pytest.raises(ValueError, match="no name or address of a machine"):
        MqttSection(host=host)
