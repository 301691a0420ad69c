"""What a site says of people far away and of the broker counts once it is saved, and what is broken changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.mosquitto import Broker, watching
from fakes.scenes import TEXT
from fakes.sinks import Webhook, until
from reverie.conductor.far import far_side
from reverie.conductor.far.far_side import FarSide
from reverie.watch.fault_kinds import SLOT_MISSING

pytest.importorskip("apprise")  # here, as it takes seconds, which messages are not to wait for

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

DEVICE = "homeassistant/binary_sensor/west/problem/config"


class Site:
    """A conductor with its far side, whose file is written anew while it plays."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.theatre = Theatre(folder, {"study": TEXT}, clock=HandClock("2026-11-28 12:00"))
        self.theatre.begin()
        self.theatre.answer()
        self.theatre.play(3)
        self.conductor = self.theatre.conductor
        self.said: dict[str, Any] = {}
        self.write(scene="study")
        self.far = FarSide(self.conductor)

    def write(self, **said: Any) -> str:
        """Save it with these keys, and read it again; what came of it."""
        self.said |= said
        text = json.dumps({key: value for key, value in self.said.items() if value is not None})
        (self.folder / "reverie.yaml").write_text(text)
        return self.conductor.reload().sentence

    def secret(self, name: str, text: str) -> str:
        (self.folder / name).write_text(f"{text}\n")
        return str(self.folder / name)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[Site]:
        task = asyncio.create_task(self.far.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def metric(self, name: str) -> float:
        [line] = [line for line in self.theatre.metrics.splitlines() if line.startswith(f"{name} ")]
        return float(line.split()[1])


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(far_side, "EVERY", 0.2)
    return Site(tmp_path)


@pytest.fixture
def brokers(tmp_path: Path) -> Iterator[tuple[Broker, Broker]]:
    both = Broker(tmp_path / "broker").start(), Broker(tmp_path / "other").start()
    yield both
    for broker in both:
        broker.stop()


def mqtt(broker: Broker, **more: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": broker.port, "topic": "west", **more}


async def test_a_channel_counted_from_the_next_start_alone(site: Site) -> None:
    async with Webhook() as hook, site.running():
        site.conductor.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        crew = {"url_file": site.secret("crew", hook.url)}
        said = site.write(notify={"place": "West", "after": 0, "channels": {"crew": crew}})
        assert "Taken over from the configuration: notify" in said
        assert "configuration-changed" not in "".join(site.theatre.faults)
        site.theatre.clock.go(1)
        await until(lambda: len(hook.got) == 1)
        assert hook.got[0]["title"] == "West: Slot main has no device"
        site.write(notify={"place": "East", "after": 0, "channels": {"crew": crew}})
        site.conductor.faults.clear(SLOT_MISSING)
        site.theatre.clock.go(1)
        await until(lambda: len(hook.got) == 2)
        assert hook.got[1]["title"] == "East: over: Slot main has no device"
        site.write(notify=None)
        site.conductor.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        site.theatre.clock.go(1)
        for _ in range(3):
            site.far._notices.look()
            await asyncio.sleep(0.05)
    assert len(hook.got) == 2


async def test_a_heartbeat_begins_moves_and_ends(site: Site) -> None:
    async with Webhook() as switch, Webhook() as other, site.running():
        for beats in range(1, 3):
            site.write(notify={"heartbeat": {"url_file": site.secret("beat", switch.beat_url), "every": 60 * beats}})
            site.theatre.clock.go(61)
            site.theatre.play()
            await until(lambda beats=beats: switch.beats >= beats)
        site.write(notify={"heartbeat": {"url_file": site.secret("other", other.beat_url), "every": 60}})
        await until(lambda: other.beats == 1)
        beats = switch.beats
        await until(lambda: site.metric("reverie_heartbeats_total") == beats + 1)
        site.write(notify=None)
        site.theatre.clock.go(600)
        site.theatre.play()
        for _ in range(3):
            await asyncio.sleep(0.1)
        assert (switch.beats, other.beats) == (beats, 1)
        site.write(notify={"heartbeat": {"url_file": site.secret("beat", switch.beat_url), "every": 60}})
        await until(lambda: switch.beats == beats + 1)
        await until(lambda: site.metric("reverie_heartbeats_total") == beats + 2)


@pytest.mark.parametrize(
    ("notify", "named"),
    [
        ({"after": "soon"}, "after"),
        ({"channels": {"crew": {"url_file": "/nowhere/crew"}}}, "/nowhere/crew"),
        ({"heartbeat": {"url_file": "/nowhere/beat"}}, "/nowhere/beat"),
        ({"channels": {"crew": {"severity": "loud"}}}, "severity"),
    ],
    ids=["no number", "no file", "no file of the heartbeat", "no severity"],
)
async def test_a_value_that_is_broken_changes_nothing(site: Site, notify: dict[str, Any], named: str) -> None:
    async with Webhook() as hook, site.running():
        crew = {"url_file": site.secret("crew", hook.url)}
        site.write(notify={"place": "West", "after": 0, "channels": {"crew": crew}})
        said = site.write(notify={"place": "East", **notify}, tape={"keep_days": 3})
        assert "is at fault" in said
        assert named in said
        assert any(one.startswith("configuration ") for one in site.theatre.faults)
        assert site.conductor.site_watch.taking.in_force.tape.keep_days != 3
        site.conductor.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        site.theatre.clock.go(1)
        await until(lambda: any("Slot main has no device" in one["message"] for one in hook.got))
        assert all(one["title"].startswith("West: ") for one in hook.got), "as it was before"


async def test_a_secret_that_came_after_the_configuration_was_never_looked_at(site: Site) -> None:
    async with Webhook() as hook, site.running():
        late = site.folder / "late"
        assert "late cannot be read" in site.write(notify={"after": 0, "channels": {"crew": {"url_file": str(late)}}})
        site.secret("late", hook.url)
        assert "notify.channels" in site.conductor.reload().sentence
        assert "configuration" not in "".join(site.theatre.faults)
        site.conductor.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        site.theatre.clock.go(1)
        await until(lambda: len(hook.got) == 1)


async def test_another_broker_is_told_all_and_the_one_before_goodbye(
    site: Site, brokers: tuple[Broker, Broker]
) -> None:
    first, second = brokers
    async with watching(first) as old, watching(second) as new, site.running():
        assert "mqtt" in site.write(mqtt=mqtt(first))
        await until(lambda: old.kept.get("west/availability") == "online" and DEVICE in old.kept)
        await until(lambda: site.metric("reverie_mqtt_up") == 1)
        site.write(mqtt=mqtt(second))
        await until(lambda: new.kept.get("west/availability") == "online" and DEVICE in new.kept)
        await until(lambda: old.kept.get("west/availability") == "offline")
        assert not [topic for topic in old.kept if topic.startswith("homeassistant/")], "it is not there any more"
        assert old.kept["west/scene"] == new.kept["west/scene"] == "study"
        await until(lambda: site.metric("reverie_mqtt_up") == 1)
        site.write(mqtt=None)
        await until(lambda: new.kept.get("west/availability") == "offline" and DEVICE not in new.kept)
        await until(lambda: "reverie_mqtt_up NaN" in site.theatre.metrics)
    assert "configuration-changed" not in "".join(site.theatre.faults)


async def test_the_same_broker_keeps_the_device_where_only_its_name_is_another(
    site: Site, brokers: tuple[Broker, Broker]
) -> None:
    broker, _ = brokers
    async with watching(broker) as watcher, site.running():
        site.write(mqtt=mqtt(broker))
        await until(lambda: watcher.kept.get("west/availability") == "online" and DEVICE in watcher.kept)
        site.write(mqtt=mqtt(broker, name="The lake", control=True))
        await until(lambda: "The lake" in watcher.kept.get(DEVICE, ""))
        await until(lambda: watcher.kept["west/availability"] == "online")
        await watcher.client.publish("west/set/volume", "0.5", qos=1)
        await until(lambda: watcher.kept.get("west/volume") == "0.5")
        told = [payload for _, topic, payload, _ in watcher.heard if topic == DEVICE]
        assert "" not in told, "a device that is taken away loses what people have set for it"
        said = [payload for _, topic, payload, _ in watcher.heard if topic == "west/availability"]
        assert said == ["online", "offline", "online"]


async def test_a_broker_that_is_none_keeps_the_one_that_is_there(site: Site, brokers: tuple[Broker, Broker]) -> None:
    broker, other = brokers
    async with watching(broker) as watcher, site.running():
        site.write(mqtt=mqtt(broker))
        await until(lambda: watcher.kept.get("west/availability") == "online")
        broken: dict[str, dict[str, Any]] = {
            "broker..local": {"host": "broker..local"},
            "/nowhere/password": mqtt(other, username="reverie") | {"password_file": "/nowhere/password"},
            "/nowhere/ca": mqtt(other, tls=True, ca="/nowhere/ca"),
        }
        for named, section in broken.items():
            assert named in site.write(mqtt=section)
        site.conductor.control({"action": "volume", "value": 0.5}, "test")
        await until(lambda: watcher.kept.get("west/volume") == "0.5")
        assert [one[2] for one in watcher.heard if one[1] == "west/availability"] == ["online"]


async def test_a_broker_that_is_away_is_no_fault_any_more_once_another_is_wanted(
    site: Site, brokers: tuple[Broker, Broker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reverie.mqtt.broker_link.PATIENCE", 0.0)
    broker, away = brokers
    away.stop()
    async with watching(broker) as watcher, site.running():
        site.write(mqtt=mqtt(away))
        await until(lambda: "mqtt-away" in "".join(site.theatre.faults))
        site.write(mqtt=mqtt(broker))
        await until(lambda: watcher.kept.get("west/availability") == "online")
        await until(lambda: "mqtt-away" not in "".join(site.theatre.faults))
