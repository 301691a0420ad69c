"""Slow things are done one at a time, whatever the machine has left for them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from fakes.sinks import until
from reverie.conductor.far.far_side import FarSide
from reverie.notify.channel_desk import HANGS, ChannelPlan
from reverie.notify.message import FarMessage
from reverie.notify.notice_words import NoticeWords
from reverie.notify.notification_service import OFFLINE, NotificationService
from reverie.notify.sending import OneAtATime
from reverie.watch.faults import Faults


class NoRoom(threading.Thread):
    """A thread that the machine has no room for."""

    def start(self) -> None:
        raise RuntimeError("can't start new thread")


async def test_a_thread_that_could_not_be_started_kept_a_channel_busy_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told, sending = list[str | None](), OneAtATime("notify crew")
    with monkeypatch.context() as short:
        short.setattr(threading, "Thread", NoRoom)
        sending.do(lambda: None, told.append)
    await until(lambda: told)
    assert told == ["the machine has no room for another thread."]
    sending.do(lambda: None, told.append)
    await until(lambda: len(told) == 2)
    assert told[1] is None
    assert not sending.busy


class Hangs:
    """A channel whose library does not come back."""

    def __init__(self) -> None:
        self.begun, self.released = threading.Event(), threading.Event()

    def send(self, message: FarMessage) -> None:
        self.begun.set()
        self.released.wait()


class Takes:
    """A channel that takes everything."""

    def __init__(self) -> None:
        self.got: list[str] = []

    def send(self, message: FarMessage) -> None:
        self.got.append(message.title)


@contextlib.asynccontextmanager
async def hanging(tmp_path: Path) -> AsyncGenerator[tuple[NotificationService, Faults, HandClock, Hangs]]:
    """A service one of whose two channels hangs with a message."""
    clock, faults, channel = HandClock(), Faults(), Hangs()
    plans = [ChannelPlan("crew", channel, None, report=True), ChannelPlan("desk", Takes(), None, report=False)]
    service = NotificationService(plans, NoticeWords("en", "West"), faults, tmp_path, clock)
    task = asyncio.create_task(service.run())
    try:
        await until(lambda: service._begun)
        service.send(FarMessage("one", "", "plain", 0.0))
        service.look()
        await until(channel.begun.is_set)
        yield service, faults, clock, channel
    finally:
        channel.released.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_channel_that_hung_in_a_library_was_mute_for_ever_and_nobody_was_told(tmp_path: Path) -> None:
    async with hanging(tmp_path) as (service, faults, clock, channel):
        clock.go(OFFLINE - 60)
        service.look()
        assert not faults.active
        clock.go(60)
        service.look()
        [fault] = faults.active
        assert (fault.id, fault.subject) == ("notify-channel", "crew")
        assert "sending a message has not ended" in fault.sentence
        assert "restart" in fault.advice
        channel.released.set()
        await until(lambda: not faults.active)
        assert service.waiting["crew"] == 0


async def test_another_address_helps_a_channel_that_hangs(tmp_path: Path) -> None:
    async with hanging(tmp_path) as (service, _, clock, _):
        clock.go(HANGS)
        other = Takes()
        service.take([ChannelPlan("crew", other, None, report=True)], NoticeWords("en", "West"))
        service.look()
        await until(lambda: other.got == ["one"])
        await until(lambda: service.waiting["crew"] == 0)


async def test_a_channel_that_hangs_and_is_wanted_no_more_keeps_nothing_for_ever(tmp_path: Path) -> None:
    async with hanging(tmp_path) as (service, faults, clock, _):
        service.take([], NoticeWords("en", "West"))
        clock.go(OFFLINE)
        service.look()
        assert service.waiting["crew"] == 0
        assert not faults.active


async def test_what_tells_people_ended_for_good_by_one_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    side = FarSide(Theatre(tmp_path, {"study": TEXT}).conductor)
    begun = list[int]()

    async def run() -> None:
        begun.append(len(begun))
        if len(begun) == 1:
            raise RuntimeError("can't start new thread")
        await asyncio.Event().wait()

    monkeypatch.setattr(side._notices, "run", run)
    task = asyncio.create_task(side.run())
    await until(lambda: len(begun) == 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert begun == [0, 1]
    assert caplog.text.count("could not be told by any channel") == 1
