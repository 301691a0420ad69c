"""Channels that begin, change and end while messages wait: none is lost, and nothing is told twice."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.hand_clock import HandClock
from fakes.sinks import Mailbox, Webhook, until
from reverie.bus import Bus
from reverie.conductor.care.fault_news import FaultNews
from reverie.notify.apprise_channel import AppriseChannel
from reverie.notify.channel_desk import ChannelPlan
from reverie.notify.message import FarMessage
from reverie.notify.notice_policy import NoticeRules
from reverie.notify.notice_words import NoticeWords
from reverie.notify.notification_service import FILE, OFFLINE, NotificationService
from reverie.notify.outbox import LONGEST_PAUSE, Outbox
from reverie.site.secret_file import SecretFile
from reverie.watch.fault_kinds import NOTIFY_CHANNEL, SLOT_MISSING, TAPE_UNWRITABLE, Severity
from reverie.watch.faults import Faults

pytest.importorskip("apprise")  # here, as it takes seconds, which messages are not to wait for

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

AT_ONCE = NoticeRules(Severity.IMPAIRED, 0.0, 100, None, dt.time(8))
WEST = NoticeWords("en", "West")


class Box:
    """What is around the service in a daemon, and the files of its channels."""

    def __init__(self, folder: Path, **urls: str) -> None:
        self.folder = folder
        self.clock = HandClock()
        self.bus = Bus()
        self.faults = Faults(self.clock.wall)
        self.news = FaultNews(self.faults, self.bus, self.clock)
        self.service = NotificationService(
            [self.plan(*one) for one in urls.items()], WEST, self.faults, folder, self.clock
        )
        self.service.subscribe_to(self.bus)

    def plan(self, name: str, url: str, rules: NoticeRules | None = AT_ONCE, file: str = "") -> ChannelPlan:
        path = self.folder / (file or f"{name} {url.rpartition(':')[2].replace('/', ' ')}")
        path.write_text(f"{url}\n")
        return ChannelPlan(name, AppriseChannel(SecretFile(path, f"notify-{name}")), rules, report=True, place=path)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[Box]:
        task = asyncio.create_task(self.service.run())
        await until(lambda: self.service._begun)
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def goes_on(self, seconds: float = 3.0) -> None:
        """So much time goes by for the service, and it looks meanwhile."""
        self.clock.go(seconds)
        for _ in range(3):
            self.service.look()
            await asyncio.sleep(0.05)


def titles(hook: Webhook) -> list[str]:
    return [one["title"].removeprefix("West: ") for one in hook.got]


async def test_a_channel_that_begins_hears_what_is_wrong_and_the_others_nothing_twice(tmp_path: Path) -> None:
    with Mailbox() as mailbox:
        async with Webhook() as hook, Box(tmp_path, hook=hook.url).running() as box:
            box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
            await until(lambda: len(hook.got) == 1)
            box.service.take([box.plan("hook", hook.url), box.plan("mail", mailbox.url)], WEST)
            await until(lambda: len(mailbox.mails) == 1)
            box.faults.clear(SLOT_MISSING)
            await until(lambda: len(mailbox.mails) == 2 and len(hook.got) == 2)
            await box.goes_on()
    assert titles(hook) == ["Slot main has no device", "over: Slot main has no device"]
    assert [mail["Subject"] for mail in mailbox.mails] == [f"West: {title}" for title in titles(hook)]


async def test_the_first_channel_of_a_site_begins_without_a_new_start(tmp_path: Path) -> None:
    async with Webhook() as hook, Box(tmp_path).running() as box:
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        await box.goes_on()
        assert not (tmp_path / FILE).exists(), "a site without channels has no file of them"
        box.service.take([box.plan("hook", hook.url)], WEST)
        await until(lambda: titles(hook) == ["Slot main has no device"])


async def test_what_waited_for_an_address_that_was_wrong_goes_by_the_right_one_at_once(tmp_path: Path) -> None:
    async with Webhook() as hook, Webhook() as wrong, Box(tmp_path, hook=wrong.url).running() as box:
        wrong.status = 500
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        await until(lambda: wrong.tries == 1)
        await until(lambda: box.service._desks[0].outbox.failing_since is not None)
        box.faults.clear(SLOT_MISSING)
        await until(lambda: box.service.waiting == {"hook": 2})
        box.service.take([box.plan("hook", hook.url)], WEST)
        await until(lambda: len(hook.got) == 2)
        await until(lambda: box.service.waiting == {"hook": 0})
    assert titles(hook) == ["Slot main has no device", "over: Slot main has no device"]
    assert wrong.got == []


async def test_a_channel_that_takes_nothing_is_no_fault_any_more_once_it_has_another_address(tmp_path: Path) -> None:
    away = Webhook()
    async with Webhook() as hook, Box(tmp_path, hook=away.url).running() as box:
        box.service.send(FarMessage("Hello", "text", "plain", 0.0))
        for _ in range(int(OFFLINE + LONGEST_PAUSE) // 600 + 2):
            await box.goes_on(600.0)
            if box.faults.of(NOTIFY_CHANNEL):
                break
            await until(lambda: not box.service._desks[0].sending.busy)
        await until(lambda: bool(box.faults.of(NOTIFY_CHANNEL)))
        box.service.take([box.plan("hook", hook.url)], WEST)
        assert box.faults.of(NOTIFY_CHANNEL) == ()
        await until(lambda: [one["title"] for one in hook.got] == ["Hello"])


async def test_a_channel_that_ends_has_what_waits_sent_and_is_told_nothing_new(tmp_path: Path) -> None:
    hook = Webhook()
    async with Webhook() as other, Box(tmp_path, hook=hook.url, other=other.url).running() as box:
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        await until(lambda: box.service.waiting["hook"] == 1 and len(other.got) == 1)
        box.service.take([box.plan("other", other.url)], WEST)
        box.faults.clear(SLOT_MISSING)
        async with hook:
            box.clock.go(LONGEST_PAUSE)
            await until(lambda: len(hook.got) == 1 and len(other.got) == 2)
            await box.goes_on()
            assert titles(hook) == ["Slot main has no device"]
            assert box.service.waiting == {"other": 0, "hook": 0}
            box.service.take([box.plan("other", other.url), box.plan("hook", hook.url)], WEST)
            await until(lambda: len(hook.got) == 2)
            await box.goes_on()
    assert titles(hook) == ["Slot main has no device", "over: Slot main has no device"]


async def test_a_channel_that_ended_and_takes_nothing_is_given_up_after_an_hour(tmp_path: Path) -> None:
    away = Webhook()
    async with Box(tmp_path, away=away.url).running() as box:
        box.service.send(FarMessage("Hello", "text", "plain", 0.0))
        box.service.take([], WEST)
        for _ in range(30):
            if box.service.waiting == {"away": 0}:
                break
            await box.goes_on(600.0)
            await until(lambda: not box.service._all[0].sending.busy)
        assert box.service.waiting == {"away": 0}
        assert box.clock.now() - 1000.0 >= OFFLINE
        assert box.faults.of(NOTIFY_CHANNEL) == (), "nobody wants it"


async def test_a_channel_with_another_name_is_the_same_one(tmp_path: Path) -> None:
    async with Webhook() as hook:
        box = Box(tmp_path)
        box.service.take([box.plan("crew", hook.url, file="address")], WEST)
        async with box.running():
            box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
            await until(lambda: box.service.sent == {"crew": 1})
            box.service.take([box.plan("night-crew", hook.url, file="address")], NoticeWords("de", "West"))
            box.faults.clear(SLOT_MISSING)
            await until(lambda: box.service.sent == {"night-crew": 1})
            await box.goes_on()
    assert len(hook.got) == 2
    assert hook.got[1]["title"].startswith("West: behoben"), "and in the words of now"


async def test_a_channel_that_was_told_no_faults_for_a_while_is_told_none_twice(tmp_path: Path) -> None:
    async with Webhook() as hook, Box(tmp_path, hook=hook.url).running() as box:
        plan = box.service._plans[0]
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        await until(lambda: len(hook.got) == 1)
        box.service.take([replace(plan, rules=None)], WEST)
        box.faults.tell(SLOT_MISSING, "daw", "Slot daw has no device")
        await box.goes_on()
        assert len(hook.got) == 1
        box.service.take([plan], WEST)
        await until(lambda: len(hook.got) == 2)
        await box.goes_on()
    assert titles(hook) == ["Slot main has no device", "Slot daw has no device"]


async def test_what_was_held_back_is_told_once_it_matters_and_what_was_told_is_not_again(tmp_path: Path) -> None:
    async with Webhook() as hook, Box(tmp_path, hook=hook.url).running() as box:
        plan = box.service._plans[0]
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        box.faults.tell(TAPE_UNWRITABLE, "", "The tape cannot be written")
        await until(lambda: len(hook.got) == 1)
        await box.goes_on()
        box.service.take([replace(plan, rules=replace(AT_ONCE, least=Severity.NOTICE))], WEST)
        await until(lambda: len(hook.got) == 2)
        await box.goes_on()
    assert titles(hook) == ["Slot main has no device", "The tape cannot be written"]


@pytest.mark.parametrize(("digest_at", "hours"), [(dt.time(20), 8), (dt.time(11), 0)], ids=["later", "earlier"])
async def test_a_digest_at_another_time_of_day_is_not_left_out(tmp_path: Path, digest_at: dt.time, hours: int) -> None:
    async with Webhook() as hook, Box(tmp_path, hook=hook.url).running() as box:  # it is noon
        plan = box.service._plans[0]
        first = replace(plan, rules=replace(AT_ONCE, digest_at=dt.time(8) if hours else dt.time(20)))
        box.service.take([first], WEST)
        box.faults.tell(TAPE_UNWRITABLE, "", "The tape cannot be written")
        await box.goes_on()
        assert hook.got == []
        box.service.take([replace(plan, rules=replace(AT_ONCE, digest_at=digest_at))], WEST)
        await box.goes_on(hours * 3600.0)
        await until(lambda: len(hook.got) == 1)
        assert "The tape cannot be written" in hook.got[0]["message"]


async def test_what_was_changed_holds_over_a_new_start(tmp_path: Path) -> None:
    hook = Webhook()
    async with Box(tmp_path).running() as box:
        plan = box.plan("hook", hook.url)
        box.service.take([plan], WEST)
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        await until(lambda: (tmp_path / FILE).exists() and "Slot main" in (tmp_path / FILE).read_text())
    async with hook:
        again = Box(tmp_path, hook=hook.url)
        again.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        async with again.running():
            await until(lambda: len(hook.got) == 1)
            await again.goes_on()
            assert titles(hook) == ["Slot main has no device"]


OLD = {"title": "An older message", "text": "text", "mood": "bad", "at": 5.0}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (OLD, FarMessage("An older message", "text", "bad", 5.0, "")),
        ({**OLD, "html": "<p>", "colour": 3}, FarMessage("An older message", "text", "bad", 5.0, "<p>")),
        ({**OLD, "mood": "worse"}, FarMessage("An older message", "text", "plain", 5.0, "")),
        ({"title": "a", "text": "b"}, FarMessage("a", "b", "plain", 0.0, "")),
    ],
    ids=["older", "newer", "another mood", "least"],
)
def test_a_message_of_another_version_that_waited_was_thrown_away(written: dict[str, object], read: object) -> None:
    assert FarMessage.from_json(written) == read
    box = Outbox(HandClock(), [{"title": 3}, written, {}])
    assert [box.next(), len(box)] == [read, 1], "one that cannot be read loses none of the others"


async def test_what_an_older_version_kept_of_a_channel_counts(tmp_path: Path) -> None:
    fault = {"id": "slot-missing", "subject": "main", "sentence": "Slot main has no device"}
    kept = {"outbox": [OLD], "policy": {"told": [fault], "held": [{"fault": fault}]}}
    (tmp_path / FILE).write_text(json.dumps({"version": 1, "channels": {"hook": kept}}))
    async with Webhook() as hook:
        box = Box(tmp_path, hook=hook.url)
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        async with box.running():
            await until(lambda: len(hook.got) == 1)
            await box.goes_on()
    assert [one["title"] for one in hook.got] == ["An older message"], "the fault was told in the life before"
