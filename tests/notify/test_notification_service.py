"""Messages by real channels: a mail server and a webhook that are there, away, refuse, and come back."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import logging
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import pytest

from fakes.hand_clock import HandClock
from fakes.sinks import Mailbox, Webhook, until
from reverie.bus import Bus
from reverie.clock import LocalClock, SystemClock
from reverie.conductor.care.fault_news import FaultNews
from reverie.notify.apprise_channel import AppriseChannel
from reverie.notify.message import FarMessage
from reverie.notify.notice_policy import NoticeRules
from reverie.notify.notice_words import NoticeWords
from reverie.notify.notification_service import FILE, OFFLINE, ChannelPlan, NotificationService
from reverie.notify.outbox import LONGEST_PAUSE, MOST, Outbox
from reverie.site.secret_file import SecretFile
from reverie.watch.fault_kinds import NOTIFY_CHANNEL, SLOT_MISSING, TAPE_UNWRITABLE, Severity
from reverie.watch.faults import Faults

AT_ONCE = NoticeRules(Severity.IMPAIRED, 0.0, 100, None, dt.time(8))

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Box:
    """What is around the service in a daemon."""

    def __init__(
        self, folder: Path, urls: Mapping[str, str], language: str = "en", clock: LocalClock | None = None
    ) -> None:
        self.folder = folder
        self.clock = clock or SystemClock()
        self.bus = Bus()
        self.faults = Faults(self.clock.wall)
        self.news = FaultNews(self.faults, self.bus, self.clock)
        plans = [ChannelPlan(name, channel(folder, name, url), AT_ONCE, report=True) for name, url in urls.items()]
        self.service = NotificationService(plans, NoticeWords(language, "West"), self.faults, folder, self.clock)
        self.service.subscribe_to(self.bus)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[Box]:
        task = asyncio.create_task(self.service.run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def channel(folder: Path, name: str, url: str) -> AppriseChannel:
    path = folder / name
    path.write_text(f"{url}\n")
    return AppriseChannel(SecretFile(path, f"notify-{name}"))


@pytest.mark.real
async def test_a_fault_reaches_mail_and_webhook_as_it_rises_and_clears(tmp_path: Path) -> None:
    async with Webhook() as hook:
        with Mailbox() as mailbox:
            async with Box(tmp_path, {"mail": mailbox.url, "hook": hook.url}).running() as box:
                box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
                await until(lambda: len(mailbox.mails) == 1 and len(hook.got) == 1)
                box.faults.clear(SLOT_MISSING)
                await until(lambda: len(mailbox.mails) == 2 and len(hook.got) == 2)
                await until(lambda: set(box.service.sent.values()) == {2})
    raised, cleared = hook.got
    assert raised["title"] == "West: Slot main has no device"
    assert "What to do: Plug it in" in raised["message"]
    assert raised["type"] == "failure"
    assert cleared["title"] == "West: over: Slot main has no device"
    assert cleared["type"] == "success"
    mail = mailbox.mails[0]
    assert mail["Subject"] == "West: Slot main has no device"
    body = mail.get_body(("plain", "html"))
    assert body is not None
    assert "Plug it in" in body.get_content()


@pytest.mark.real
async def test_messages_speak_german_and_keep_the_wording_for_whoever_helps(tmp_path: Path) -> None:
    async with Webhook() as hook, Box(tmp_path, {"hook": hook.url}, "de").running() as box:
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        await until(lambda: len(hook.got) == 1)
    [told] = hook.got
    assert told["title"] == "West: Ein Ausgang hat kein Gerät (main)"
    assert "Was zu tun ist: Stecken Sie es ein" in told["message"]
    assert "Slot main has no device" in told["message"]


@pytest.mark.real
async def test_what_was_wrong_before_anybody_listened_is_told_too(tmp_path: Path) -> None:
    async with Webhook() as hook:
        box = Box(tmp_path, {"hook": hook.url})
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        async with box.running():
            await until(lambda: len(hook.got) == 1)


@pytest.mark.real
async def test_offline_messages_wait_over_a_restart_and_come_in_order(tmp_path: Path) -> None:
    hook = Webhook()
    async with Box(tmp_path, {"hook": hook.url}).running() as box:
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        await until(lambda: box.service.waiting == {"hook": 1})
        box.faults.clear(SLOT_MISSING)
        await until(lambda: box.service.waiting == {"hook": 2})
        await until(lambda: '"over:' in text(tmp_path) or ": over:" in text(tmp_path))
    assert hook.tries == 0
    async with hook, Box(tmp_path, {"hook": hook.url}).running():
        await until(lambda: len(hook.got) == 2)
    assert [one["title"] for one in hook.got] == [
        "West: Slot main has no device",
        "West: over: Slot main has no device",
    ]


def text(folder: Path) -> str:
    path = folder / FILE
    return path.read_text() if path.exists() else ""


@pytest.mark.real
async def test_no_secret_is_in_the_log_or_in_the_state(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hook = Webhook()
    bad = {"away": hook.url, "nonsense": "SECRET://SECRET:SECRET@x", "empty": "", "mail": "mailto://SECRET@127.0.0.1:1"}
    async with Box(tmp_path, bad).running() as box:
        box.service.send(FarMessage("Hello", "text", "plain", 0.0))
        await until(lambda: len([one for one in caplog.messages if "took no message" in one]) >= 4)
    assert "SECRET" not in caplog.text
    assert "SECRET" not in text(tmp_path)


@pytest.mark.real
async def test_a_channel_that_takes_nothing_for_an_hour_is_a_fault_for_the_others(tmp_path: Path) -> None:
    clock = HandClock()
    away = Webhook()
    async with Webhook() as hook, Box(tmp_path, {"hook": hook.url, "away": away.url}, clock=clock).running() as box:
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        await until(lambda: len(hook.got) == 1)
        passed = 0.0
        while not box.faults.of(NOTIFY_CHANNEL) and passed < OFFLINE + 2 * LONGEST_PAUSE:
            clock.go(60.0)
            passed += 60.0
            await asyncio.sleep(0.2)
        [fault] = box.faults.of(NOTIFY_CHANNEL)
        assert fault.subject == "away"
        assert passed >= OFFLINE
        async with away:
            clock.go(LONGEST_PAUSE)
            await until(lambda: len(away.got) == 1)
            await until(lambda: not box.faults.of(NOTIFY_CHANNEL))


@pytest.mark.real
async def test_a_refusal_is_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock = HandClock()
    async with Webhook() as hook, Box(tmp_path, {"hook": hook.url}, clock=clock).running() as box:
        hook.status = 500
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        await until(lambda: "took no message" in caplog.text)
        assert (hook.tries, box.service.waiting) == (1, {"hook": 1})
        hook.status = 200
        clock.go(20.0)
        await until(lambda: len(hook.got) == 1)
        await until(lambda: box.service.waiting == {"hook": 0})


def test_pauses_grow_to_half_an_hour_and_end_with_the_first_that_is_taken() -> None:
    clock = HandClock()
    box = Outbox(clock)
    message = FarMessage("a", "b", "plain", 0.0)
    box.add(message)
    pauses: list[float] = []
    for _ in range(12):
        assert box.next() == message
        box.refused(message)
        waited = 0.0
        while box.next() is None:
            clock.go(5.0)
            waited += 5.0
        pauses.append(waited)
    assert pauses == sorted(pauses)
    assert pauses[0] == 15.0
    assert pauses[-1] == LONGEST_PAUSE
    box.taken(message)
    assert box.failing_since is None
    assert box.next() is None


def sent_by(box: Outbox, clock: HandClock, bad: str, hours: float) -> list[str]:
    """The titles that a channel takes of a box within so many hours; it refuses the ``bad`` one."""
    taken: list[str] = []
    end = clock.now() + hours * 3600.0
    while clock.now() < end:
        if (message := box.next()) is None:
            clock.go(5.0)
        elif message.title == bad:
            box.refused(message)
        else:
            taken.append(message.title)
            box.taken(message)
    return taken


def test_one_message_that_a_channel_refused_kept_all_later_alarms_back(caplog: pytest.LogCaptureFixture) -> None:
    clock = HandClock()
    box = Outbox(clock)
    for title in ("report", "a", "b", "c"):
        box.add(FarMessage(title, "", "plain", 0.0))
    assert sent_by(box, clock, "report", 0.4) == [], "it may be offline"
    assert sent_by(box, clock, "report", 0.6) == ["a", "b", "c"]
    box.add(FarMessage("d", "", "plain", 0.0))
    assert sent_by(box, clock, "report", 0.01) == ["d"], "that it refuses another delays it no more"
    assert len(box) == 1
    assert box.failing_since is None
    sent_by(box, clock, "report", 25.0)
    assert (len(box), box.lost) == (0, 1)
    assert "is given up" in caplog.text
    assert "report" in caplog.text


def test_what_was_set_aside_is_sent_where_it_is_taken_after_all() -> None:
    clock = HandClock()
    box = Outbox(clock)
    for title in ("report", "mail", "a"):
        box.add(FarMessage(title, "", "plain", 0.0))
    assert sent_by(box, clock, "report", 1.0) == ["mail", "a"]
    assert [one["title"] for one in box.as_json()] == ["report"], "it is kept over a restart"
    assert sent_by(box, clock, "", 1.0) == ["report"]
    assert (len(box), box.lost) == (0, 0)


def test_what_waited_while_a_channel_was_offline_for_a_week_comes_all_the_same() -> None:
    clock = HandClock()
    box = Outbox(clock)
    titles = [f"{number}" for number in range(6)]
    for title in titles:
        box.add(FarMessage(title, "", "plain", 0.0))
    for _ in range(7 * 48):
        clock.go(LONGEST_PAUSE)
        if message := box.next():
            box.refused(message)
    first, *others = sent_by(box, clock, "", 1.0)
    assert others == [title for title in titles if title != first], "they come in order but for the one that was tried"
    assert (len(box), box.lost) == (0, 0)


@pytest.mark.real
async def test_a_text_that_was_too_long_for_a_service_was_refused_for_ever(tmp_path: Path) -> None:
    text = "\n".join(f"- line {number} of a long digest" for number in range(2400))
    async with Webhook() as hook:
        message = FarMessage("Digest", text, "plain", 0.0)
        await asyncio.to_thread(channel(tmp_path, "split", hook.url).send, message)
        parts = [one["message"] for one in hook.got]
        assert len(parts) == 3
        assert max(map(len, parts)) <= 32768, "the most that this service takes"
        hook.got.clear()
        await asyncio.to_thread(channel(tmp_path, "whole", f"{hook.url}?overflow=upstream").send, message)
        assert len(hook.got) == 1, "the address says so"


def test_an_outbox_is_bounded_and_the_latest_stay() -> None:
    box = Outbox(HandClock())
    for number in range(3 * MOST):
        box.add(FarMessage(f"{number}", "", "plain", 0.0))
    assert len(box) == MOST
    assert box.lost == 2 * MOST
    last = box.as_json()[-1]
    assert last["title"] == f"{3 * MOST - 1}"


@pytest.mark.parametrize("kept", ["", "nonsense", "[]", '{"channels": {"hook": {"outbox": [{"title": 3}]}}}'])
async def test_a_file_that_makes_no_sense_keeps_nobody_from_being_told(tmp_path: Path, kept: str) -> None:
    (tmp_path / FILE).write_text(kept)
    async with Webhook() as hook, Box(tmp_path, {"hook": hook.url}).running() as box:
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        await until(lambda: len(hook.got) == 1)


async def test_what_a_channel_does_not_want_stays_out_of_its_outbox(tmp_path: Path) -> None:
    async with Webhook() as hook, Box(tmp_path, {"hook": hook.url}).running() as box:
        box.faults.tell(TAPE_UNWRITABLE, "", "The tape cannot be written")
        box.faults.tell(SLOT_MISSING, "main", "Slot main has no device")
        await until(lambda: len(hook.got) == 1)
        await until(lambda: FILE in [path.name for path in tmp_path.iterdir()] and "tape-unwritable" in text(tmp_path))
    kept = json.loads(text(tmp_path))["channels"]["hook"]
    assert [one["fault"]["id"] for one in kept["policy"]["held"]] == ["tape-unwritable"]
