"""One channel: what it is told, what waits for it, and what it was told before, over changes of the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reverie.clock import LocalClock
from reverie.notify.apprise_channel import Channel
from reverie.notify.notice_policy import NoticePolicy, NoticeRules
from reverie.notify.outbox import Outbox
from reverie.notify.sending import OneAtATime
from reverie.watch.fault_kinds import NOTIFY_CHANNEL
from reverie.watch.faults import Fault

HANGS = 60.0
"""Seconds after which a message is not waited for where the channel has another address."""


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """A channel, by what it is reached, and what it is told: faults by ``rules`` (None: none), and reports.

    ``place`` says where its address lies: a channel of another name with the same place is the same one, renamed.
    """

    name: str
    channel: Channel
    rules: NoticeRules | None
    report: bool
    place: object = None


class ChannelDesk:
    """What is known of one channel.

    Args:
        plan: What it is to be told.
        clock: By which it is told.
        kept: What :meth:`as_json` said in the life before.

    Raises:
        TypeError, ValueError, KeyError, AttributeError: if ``kept`` is no such data.
    """

    def __init__(self, plan: ChannelPlan, clock: LocalClock, kept: Mapping[str, Any]) -> None:
        self.plan = plan
        self._clock = clock
        self.outbox = Outbox(clock, kept.get("outbox", ()))
        self.policy = plan.rules and NoticePolicy(plan.rules, clock, kept.get("policy"))
        self.sending = self._sender()
        self.sent = 0

    def take(self, plan: ChannelPlan, there: Iterable[Fault]) -> None:
        """It is told by another plan from now on; ``there`` are the faults of now.

        What waits for it is sent by that plan at once, and what it was told before is not told again.
        """
        before, self.plan = self.plan, plan
        if plan.channel != before.channel:
            self.outbox.hurry()
            if self.sending.busy_for >= HANGS:
                self.sending = self._sender()
        if plan.name != before.name:
            self.sent = 0
        if plan.rules is None or plan.rules == before.rules:
            return
        if self.policy is not None:
            self.policy.take(plan.rules)
            return
        self.policy = NoticePolicy(plan.rules, self._clock)
        for fault in there:
            self.heard(fault)

    def heard(self, fault: Fault) -> None:
        """A fault came, changed or was mended; that it takes nothing itself it is not told."""
        if self.policy and not (fault.id == NOTIFY_CHANNEL.id and fault.subject == self.plan.name):
            self.policy.heard(fault)

    def _sender(self) -> OneAtATime:
        return OneAtATime(f"notify {self.plan.name}", self._clock.now)

    def as_json(self) -> dict[str, Any]:
        """What must be known in the next life, as plain data."""
        kept: dict[str, Any] = {"outbox": self.outbox.as_json()}
        return kept | ({"policy": self.policy.as_json()} if self.policy else {})
