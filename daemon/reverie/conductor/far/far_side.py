"""What is for people who are far away: figures of the machine, messages, the morning report, the heartbeat.

No note depends on any of it. It hears of the music on the bus as others do, decides in the event loop in microseconds,
and waits for networks and disks in threads of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from reverie.conductor.care.machine_watch import MachineFaults, MachineWatch
from reverie.conductor.far.broker_side import BrokerSide
from reverie.conductor.in_any_case import in_any_case
from reverie.folders import patiently
from reverie.history.day_book import FILE, DayBook, days_left
from reverie.notify.apprise_channel import AppriseChannel
from reverie.notify.channel_desk import ChannelPlan
from reverie.notify.heartbeat import Heartbeat
from reverie.notify.message import FarMessage
from reverie.notify.notice_policy import NoticeRules, QuietHours
from reverie.notify.notice_words import NoticeWords
from reverie.notify.notification_service import NotificationService
from reverie.notify.report_shelf import ReportShelf
from reverie.notify.sending import OneAtATime
from reverie.site.mqtt_section import MqttSection
from reverie.site.notify_section import HeartbeatSection, NotifySection
from reverie.site.schema import Site
from reverie.watch.fault_kinds import MQTT_AWAY, Severity
from reverie.watch.machine_facts import MachineFacts

if TYPE_CHECKING:
    from reverie.conductor.conductor import Conductor

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between looks at what is due."""


class FarSide:
    """Puts together what tells people far away."""

    def __init__(self, conductor: Conductor) -> None:
        config, report, taking = conductor.config, conductor.page.desk.report, conductor.site_watch.taking
        site, self._clock = taking.in_force.notify, report.day.clock
        self._conductor = conductor
        self._gauges, self._doors = report.gauges, report.day.doors
        self._bus = conductor.bus
        words = self._words(site)
        self._book_path = config.state / FILE
        self._book: DayBook | None = None
        self._crashed = report.lives.died
        self._faults = conductor.faults
        self._machine = MachineFaults(conductor.faults, report.clock, by_hours=lambda: goes_by_hours(taking.in_force))
        self._folders = {"state": config.state, "tape": config.tape}
        self._free: Mapping[str, int] = {}
        self._notices = NotificationService(plans_of(site), words, conductor.faults, config.state, self._clock)
        self._version = config.version
        self._heart: Heartbeat | None = None
        self._beats = 0
        """Beats of hearts that are no more."""
        self._take_heart(site.heartbeat)
        self._reports = partial(ReportShelf, config.state, site.report_at, words)
        self._shelf: ReportShelf | None = None
        self._broker: BrokerSide | None = None
        self._mqtt = taking.in_force.mqtt
        """The broker that is wanted, which the next look goes over to."""
        self._keeping, self._reporting = OneAtATime("days"), OneAtATime("report")
        taking.on("notify", lambda changed: self.take_notify(changed.notify))
        taking.on("mqtt", lambda changed: self.take_mqtt(changed.mqtt))

    def take_notify(self, site: NotifySection) -> None:
        """What a site says of channels, report and heartbeat holds from now on; in the event loop."""
        words, plans = self._words(site), tuple(plans_of(site))
        self._notices.take(plans, words)
        self._reports = partial(ReportShelf, self._conductor.config.state, site.report_at, words)
        if self._shelf is not None:
            self._shelf.take(site.report_at, words)
        self._take_heart(site.heartbeat)

    def take_mqtt(self, site: MqttSection | None) -> None:
        """What a site says of its broker holds from the next look on: the one before is told goodbye first."""
        self._mqtt = site

    def _words(self, site: NotifySection) -> NoticeWords:
        return words_of(site, lambda at: dt.datetime.fromtimestamp(at, self._conductor.page.desk.report.day.clock.tz))

    def _take_heart(self, site: HeartbeatSection | None) -> None:
        if site is None:
            self._beats += self._heart.beats if self._heart else 0
            self._heart = None
        elif self._heart is not None:
            self._heart.take(site.secret, site.every)
        else:
            self._heart = Heartbeat(site.secret, site.every, self._is_alive, self._clock, self._version)

    def _is_alive(self) -> bool:
        return self._conductor.alive().ok

    async def run(self) -> None:
        """Tell people until cancelled."""
        book = self._book or await self._begin_book()
        loop = asyncio.get_running_loop()
        machine = MachineWatch(self._folders, lambda facts: loop.call_soon_threadsafe(self._found, facts))
        in_any_case(machine.start)
        telling = asyncio.create_task(self._notices.run())
        try:
            while True:
                telling = self._still(telling)
                in_any_case(partial(self._look, book))
                await self._follow_broker()
                await asyncio.sleep(EVERY)
        finally:
            machine.stop()
            telling.cancel()
            writing = (partial(book.write, book.text()), self._notices.last())
            leaving = [asyncio.to_thread(self._in_time, write) for write in writing]
            if self._broker:
                leaving.append(asyncio.to_thread(self._broker.stop))
            await asyncio.gather(*leaving, return_exceptions=True)

    async def _begin_book(self) -> DayBook:
        """Hear of the music from now on: once, however often :meth:`run` begins again."""
        self._book = book = await asyncio.to_thread(DayBook, self._book_path, self._clock)
        self._notices.subscribe_to(self._bus)
        book.subscribe_to(self._bus)
        book.life_begun(crashed=self._crashed)
        for fault in self._faults.active:
            book.fault_told(fault)
        self._shelf = self._reports(lambda: book.known, self._clock, self._version)
        return book

    async def _follow_broker(self) -> None:
        """Go over to the broker that is wanted, if it is another one, and tell it how things are."""
        old, wanted = self._broker, self._mqtt
        if (old and old.section) != wanted:
            self._broker = None
            if old is not None:
                await asyncio.to_thread(old.leave, wanted)
                self._faults.clear(MQTT_AWAY)
            self._broker = BrokerSide(self._conductor, wanted) if wanted else None
        if self._broker is not None:
            in_any_case(self._broker.go_on)
        self._gauges.telling.broker_is(up=self._broker and self._broker.up)

    def _still(self, telling: asyncio.Task[None]) -> asyncio.Task[None]:
        """What tells people, begun anew if it has failed: with it ended every channel, and nobody could be told."""
        if not telling.done() or (error := telling.exception()) is None:
            return telling
        log.error("What is wrong could not be told by any channel; it is tried again.", exc_info=error)
        return asyncio.create_task(self._notices.run())

    def _in_time(self, write: Callable[[], None]) -> None:
        """In a thread: a disk that hangs holds up the end for some seconds, and no longer."""
        with contextlib.suppress(OSError, TimeoutError):
            patiently(self._book_path.parent, write)

    def _look(self, book: DayBook) -> None:
        book.look(self._free)
        if (text := book.due()) is not None:
            self._keeping.do(partial(book.write, text), lambda _: None)
        if self._heart:
            self._heart.look()
            self._gauges.telling.beats_are(self._beats + self._heart.beats)
        self._gauges.telling.notices_are(self._notices.sent, self._notices.waiting)
        if self._shelf and not self._reporting.busy and (write := self._shelf.due()):
            self._report(write)

    def _report(self, write: Callable[[], FarMessage | None]) -> None:
        """Have a report written, and sent once it is."""
        written: list[FarMessage | None] = []

        def done(fault: str | None) -> None:
            if fault is not None:
                log.warning("The report of the day before could not be written: %s", fault)
            for message in filter(None, written):
                self._notices.send(message)

        self._reporting.do(lambda: written.append(write()), done)

    def _found(self, facts: MachineFacts) -> None:
        """What was seen of the machine; in the event loop."""
        days = self._book.known.until(self._clock.local().date()) if self._book else ()
        left = {name: value for name in self._folders if (value := days_left(days, name)) is not None}
        self._free = {name: room.free for name, room in facts.disks.items()}
        self._gauges.machine.facts_are(facts, left)
        self._doors.clock_seen(facts.clock_kept)
        self._machine.look(facts, left)


def goes_by_hours(site: Site) -> bool:
    """Whether the time of day matters to the music."""
    return bool(site.programme or site.hours or site.quiet_hours)


def words_of(site: NotifySection, local: Callable[[float], dt.datetime] = dt.datetime.fromtimestamp) -> NoticeWords:
    """In what language people are told, of which place, and by whose time of day."""
    return NoticeWords(site.language, site.place or socket.gethostname(), local)


def plans_of(site: NotifySection) -> Iterator[ChannelPlan]:
    """The channels of a site."""
    quiet = site.quiet and QuietHours(site.quiet.begin, site.quiet.end, site.quiet.silent_too)
    for name, channel in site.channels.items():
        rules = NoticeRules(Severity(channel.severity), site.after, site.most_per_hour, quiet, site.digest_at)
        told = rules if channel.faults else None
        yield ChannelPlan(name, AppriseChannel(channel.secret(name)), told, channel.report, channel.url_file)
