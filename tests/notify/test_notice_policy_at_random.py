"""Whatever comes and goes, at whatever hour and over restarts: nothing is told twice, and nothing is over unsaid."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.hand_clock import HandClock
from reverie.notify.notice_policy import RESTLESS, SETTLES, NoticePolicy, NoticeRules, QuietHours
from reverie.watch.fault_kinds import Severity
from reverie.watch.faults import Fault

DAY = 86_400.0
FAULTS = [
    Fault(f"fault-{severity}", subject, "It is wrong", "Mend it", severity, since=1.0)
    for severity in Severity
    for subject in ("", "main")
]
RULES = st.builds(
    NoticeRules,
    least=st.sampled_from(Severity),
    after=st.sampled_from([0.0, 60.0, 600.0]),
    most_per_hour=st.sampled_from([1, 12]),
    quiet=st.sampled_from(
        [None, QuietHours(dt.time(22), dt.time(7)), QuietHours(dt.time(9), dt.time(17), silent_too=True)]
    ),
    digest_at=st.sampled_from([dt.time(0), dt.time(8), dt.time(23, 30)]),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("toggle"), st.integers(0, len(FAULTS) - 1)),
        st.tuples(st.just("wait"), st.sampled_from([5, 90, 900, 7200, 50_000])),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=40,
)


class Channel:
    """A policy, and what whoever reads its messages believes."""

    def __init__(self, rules: NoticeRules) -> None:
        self.rules = rules
        self.clock = HandClock("2026-11-28 12:00")
        self.policy = NoticePolicy(rules, self.clock)
        self.there: set[int] = set()
        self.believed: set[tuple[str, str]] = set()

    def toggle(self, number: int) -> None:
        fault = FAULTS[number]
        if number in self.there:
            self.there.discard(number)
            fault = replace(fault, cleared=self.clock.wall())
        else:
            self.there.add(number)
        self.policy.heard(fault)

    def restart(self) -> None:
        self.policy = NoticePolicy(self.rules, self.clock, json.loads(json.dumps(self.policy.as_json())))
        for number in self.there:
            self.policy.heard(FAULTS[number])

    def wait(self, seconds: float) -> None:
        step = max(seconds / 50, 5.0)
        passed = 0.0
        while passed < seconds:
            self.clock.go(step)
            passed += step
            while notice := self.policy.due():
                for one in notice.told:
                    key = one.fault.id, one.fault.subject
                    if one.restless:
                        assert one.times >= RESTLESS
                        assert key not in self.believed, "it was told as lasting already"
                        continue
                    if one.fault.cleared is None:
                        assert key not in self.believed or one.times > 1, "it was told already"
                        self.believed.add(key)
                    else:
                        assert key in self.believed or notice.digest, "nobody was told that it was there"
                        self.believed.discard(key)


@settings(max_examples=60, deadline=None)
@given(RULES, STEPS)
def test_who_reads_the_messages_knows_in_the_end_what_is_there(
    rules: NoticeRules, steps: list[tuple[str, int]]
) -> None:
    channel = Channel(rules)
    for what, value in steps:
        if what == "toggle":
            channel.toggle(value)
        elif what == "restart":
            channel.restart()
        else:
            channel.wait(value)
    for _ in range(4):
        channel.wait(DAY / 2)
    channel.wait(SETTLES + rules.after)
    assert channel.believed == {(FAULTS[number].id, FAULTS[number].subject) for number in channel.there}
