"""Tells people by channels what is wrong and what is over: the loop that decides, sends and keeps.

It decides in the event loop, which takes microseconds, and sends in threads. What was told and what waits is kept in
``STATE/notices.json``, so that a restart neither tells twice nor forgets.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

from reverie.bus import Bus
from reverie.clock import LocalClock
from reverie.errors import capital
from reverie.files import read_file, set_aside, write_in_any_case
from reverie.generations import is_readable
from reverie.notify.channel_desk import ChannelDesk, ChannelPlan
from reverie.notify.message import FarMessage
from reverie.notify.notice_words import NoticeWords
from reverie.notify.sending import OneAtATime
from reverie.watch.fault_kinds import NOTIFY_CHANNEL
from reverie.watch.faults import Fault, Faults
from reverie.watch.happenings import FaultCleared, FaultRaised

log = logging.getLogger(__name__)

FILE = "notices.json"
EVERY = 1.0
"""Seconds between looks at what is due."""
OFFLINE = 3600.0
"""Seconds for which a channel may take nothing before that is a fault: networks come and go. One that is not wanted any
more is given up then, with what waits for it."""
HUNG = "See to what its address names; if that answers, restart Reverie: `systemctl restart reverie`"
"""What to do about a channel whose message is being sent for ever."""
MOST_LEFT = 16
"""Channels that are not wanted any more and may come back."""
_LARGEST = 4_000_000
_VERSION = 1


class NotificationService:
    """Hears of faults on the bus, and tells them by each channel as that wants it.

    Args:
        plans: The channels.
        words: In what language messages are written.
        faults: Where it is told that a channel takes nothing; what is wrong already is heard of at once.
        folder: The state folder.
        clock: By which all of it goes.
    """

    def __init__(
        self, plans: Iterable[ChannelPlan], words: NoticeWords, faults: Faults, folder: Path, clock: LocalClock
    ) -> None:
        self._words = words
        self._faults = faults
        self._path = folder / FILE
        self._clock = clock
        self._plans = tuple(plans)
        self._desks: tuple[ChannelDesk, ...] = ()
        self._left: dict[str, ChannelDesk] = {}
        """Channels that are not wanted any more: what waits for them is sent, and nothing else is told them."""
        self._kept: dict[str, Any] = {}
        self._begun = False
        self._before: list[Fault] = []
        self._written = ""
        self._keeping = OneAtATime("notices")
        self._early: list[FarMessage] = []

    @property
    def sent(self) -> Mapping[str, int]:
        """How many messages each channel has taken since the start."""
        return {desk.plan.name: desk.sent for desk in self._all}

    @property
    def waiting(self) -> Mapping[str, int]:
        """How many messages wait for each channel."""
        return {desk.plan.name: len(desk.outbox) for desk in self._all}

    def subscribe_to(self, bus: Bus) -> None:
        """Hear of every fault from now on."""
        bus.subscribe(FaultRaised, lambda said: self._heard(said.fault))
        bus.subscribe(FaultCleared, lambda said: self._heard(said.fault))

    def send(self, message: FarMessage) -> None:
        """Send a report by every channel that takes reports."""
        if not self._begun:
            self._early.append(message)
        for desk in self._desks:
            if desk.plan.report:
                desk.outbox.add(message)

    def take(self, plans: Iterable[ChannelPlan], words: NoticeWords) -> None:
        """These channels are told from now on, in these words; in the event loop.

        A channel that stays goes on where it is: what waits for it is sent, by another address if that has changed, and
        what it was told is not told again. One that begins hears of all that is wrong, unless it is one that ended in
        its new name. One that ends has what waits for it sent, and nothing else.
        """
        self._plans, self._words = tuple(plans), words
        if not self._begun:
            return
        before = {**self._left, **{desk.plan.name: desk for desk in self._desks}}
        wanted = {plan.name for plan in self._plans}
        desks: list[ChannelDesk] = []
        for plan in self._plans:
            desk = before.pop(plan.name, None)
            if desk is None:
                renamed = (name for name, one in before.items() if name not in wanted and _is_same(one.plan, plan))
                desk = before.pop(next(renamed, ""), None)
            if desk is None:
                desk = self._desk(plan)
                for fault in self._faults.active:
                    desk.heard(fault)
            elif desk.plan != plan:
                self._faults.clear(NOTIFY_CHANNEL, desk.plan.name)
                desk.take(plan, self._faults.active)
            desks.append(desk)
        for name in before:
            self._faults.clear(NOTIFY_CHANNEL, name)
        self._desks, self._left = tuple(desks), dict([*before.items()][-MOST_LEFT:])

    async def run(self) -> None:
        """Tell what is due until cancelled; begun anew, it goes on where it was."""
        if not self._begun:
            self._kept = dict(await asyncio.to_thread(self._read))
            self._desks = tuple(map(self._desk, self._plans))
            self._begin()
        while True:
            try:
                self.look()
                self._keep()
            except Exception:
                log.exception("What is wrong could not be told; it is tried again.")
            await asyncio.sleep(EVERY)

    def _begin(self) -> None:
        self._begun = True
        for fault in [*self._faults.active, *self._before]:
            self._heard(fault)
        for message in self._early:
            self.send(message)
        self._before, self._early = [], []

    def look(self) -> None:
        """Write what is due, and send what waits; in the event loop."""
        for desk in self._desks:
            while desk.policy and desk.plan.rules and (notice := desk.policy.due()):
                desk.outbox.add(self._words.message(notice, self._clock.wall()))
        for desk in self._all:
            if desk.sending.busy:
                self._look_at_sending(desk)
            elif (message := desk.outbox.next()) is not None:
                self._send(desk, message)

    def _look_at_sending(self, desk: ChannelDesk) -> None:
        """A thread that hangs in a network or a library tells nothing itself, and no other is begun."""
        if desk.sending.busy_for < OFFLINE:
            return
        if desk not in self._desks:
            desk.outbox.give_up()
            return
        sentence = f"The channel {desk.plan.name} has taken nothing for an hour: sending a message has not ended"
        self._faults.tell(NOTIFY_CHANNEL, desk.plan.name, sentence, HUNG)

    def _send(self, desk: ChannelDesk, message: FarMessage) -> None:
        def done(fault: str | None) -> None:
            if fault is None:
                desk.sent += 1
                desk.outbox.taken(message)
                self._faults.clear(NOTIFY_CHANNEL, desk.plan.name)
                return
            desk.outbox.refused(message)
            since = desk.outbox.failing_since
            offline = since is not None and self._clock.now() - since >= OFFLINE
            if desk not in self._desks:
                if offline:
                    desk.outbox.give_up()
            elif offline:
                sentence = f"The channel {desk.plan.name} has taken nothing for an hour: {fault}"
                self._faults.tell(NOTIFY_CHANNEL, desk.plan.name, sentence)
            else:
                log.info("The channel %s took no message yet: %s", desk.plan.name, capital(fault))

        channel = desk.plan.channel
        desk.sending.do(lambda: channel.send(message), done)

    def _heard(self, fault: Fault) -> None:
        if not self._begun:
            self._before.append(fault)
        for desk in self._all:
            desk.heard(fault)

    @property
    def _all(self) -> tuple[ChannelDesk, ...]:
        return (*self._desks, *self._left.values())

    def _desk(self, plan: ChannelPlan) -> ChannelDesk:
        kept = self._kept.pop(plan.name, {})
        try:
            return ChannelDesk(plan, self._clock, kept)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            log.warning("What the channel %s was told before is not known (%s).", plan.name, error)
            return ChannelDesk(plan, self._clock, {})

    def _read(self) -> Mapping[str, Any]:
        try:
            data: Any = json.loads(read_file(self._path, _LARGEST))
            if not is_readable(data.get("version", _VERSION), _VERSION):
                raise ValueError(f"written in version {data['version']}")  # noqa: TRY301 - it is set aside below
            channels: Any = cast("dict[str, Any]", data)["channels"]
            if not isinstance(channels, dict):
                raise TypeError("channels have names")  # noqa: TRY301 - it is set aside below
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            with contextlib.suppress(OSError, ValueError):
                log.warning("%s could not be read (%s) and is now %s.", self._path, error, set_aside(self._path).name)
            return {}
        return cast("dict[str, Any]", channels)

    def last(self) -> Callable[[], None]:
        """What writes, in a thread, all that is known by now: what was taken a moment ago is not to be sent again."""
        return partial(self._write, self._text()) if self._is_used else lambda: None

    @property
    def _is_used(self) -> bool:
        """Whether there is anything to be kept: a site without channels has no file of it."""
        return self._begun and bool(self._all or self._written)

    def _keep(self) -> None:
        """Have written what has changed, in a thread: a disk that hangs keeps no message back."""
        text = self._text()
        if self._is_used and text != self._written and not self._keeping.busy:
            self._keeping.do(partial(self._write, text), lambda _: None)

    def _text(self) -> str:
        data = {"version": _VERSION, "channels": {desk.plan.name: desk.as_json() for desk in self._all}}
        return json.dumps(data, ensure_ascii=False)

    def _write(self, text: str) -> None:
        # What cannot be written is told of by whoever keeps the state.
        with contextlib.suppress(OSError, ValueError):
            write_in_any_case(self._path, text.encode("utf-8", "backslashreplace"))
            self._written = text


def _is_same(one: ChannelPlan, other: ChannelPlan) -> bool:
    return one.place is not None and one.place == other.place
