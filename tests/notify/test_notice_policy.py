"""What is told, and when: no blips, nothing twice, little at night, and all of it in the digest."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from fakes.hand_clock import HandClock
from reverie.notify.notice_policy import (
    MOST_HELD,
    RESTLESS,
    SETTLES,
    Notice,
    NoticePolicy,
    NoticeRules,
    QuietHours,
    Told,
)
from reverie.notify.notice_words import NoticeWords
from reverie.watch.fault_kinds import Severity
from reverie.watch.faults import Fault

RULES = NoticeRules(Severity.IMPAIRED, 120.0, 12, None, dt.time(8))
NIGHT = QuietHours(dt.time(22), dt.time(7, 30))


def fault(name: str = "loop-repeats", severity: Severity = Severity.IMPAIRED, subject: str = "lead") -> Fault:
    return Fault(name, subject, "It is wrong", "Mend it", severity, since=1000.0)


def over(one: Fault) -> Fault:
    return replace(one, cleared=2000.0)


class Channel:
    """A policy, and all that it had told."""

    def __init__(self, rules: NoticeRules = RULES, wall: str = "2026-11-28 12:00") -> None:
        self.clock = HandClock(wall)
        self.rules = rules
        self.policy = NoticePolicy(rules, self.clock)

    def after(self, seconds: float, step: float = 5.0) -> list[str]:
        said: list[str] = []
        for _ in range(round(seconds / step)):
            self.clock.go(step)
            while notice := self.policy.due():
                for one in notice.told:
                    what = "over" if one.fault.cleared else "there"
                    times = f" x{one.times}" if one.times > 1 else ""
                    what = "restless" if one.restless else what
                    said.append(f"{'digest ' if notice.digest else ''}{what} {one.fault.id}{times}")
        return said

    def restart(self) -> None:
        kept = json.loads(json.dumps(self.policy.as_json()))
        self.policy = NoticePolicy(self.rules, self.clock, kept)


def test_a_fault_that_lasts_is_told_once_and_its_end_once() -> None:
    told = Channel()
    told.policy.heard(fault())
    assert told.after(115) == []
    assert told.after(3600) == ["there loop-repeats"]
    told.policy.heard(replace(fault(), sentence="It is still wrong"))
    assert told.after(600) == []
    told.policy.heard(over(fault()))
    assert told.after(3600) == ["over loop-repeats"]


def test_a_blip_is_not_told_nor_one_that_is_over_for_a_blip() -> None:
    told = Channel()
    for _ in range(RESTLESS - 1):
        told.policy.heard(fault())
        assert told.after(100) == []
        told.policy.heard(over(fault()))
        assert told.after(60) == []
    told.policy.heard(fault())
    assert told.after(200) == [f"there loop-repeats x{RESTLESS}"]
    for _ in range(20):
        told.policy.heard(over(fault()))
        assert told.after(100) == []
        told.policy.heard(fault())
        assert told.after(60) == []


def comes_and_goes(told: Channel, one: Fault, times: int) -> list[str]:
    """Away for 100 s of every 120."""
    said: list[str] = []
    for _ in range(times):
        told.policy.heard(one)
        said += told.after(100, 10)
        told.policy.heard(over(one))
        said += told.after(20, 10)
    return said


def test_a_fault_that_came_and_went_for_days_was_never_told() -> None:
    told = Channel()
    away = fault("slot-missing", Severity.SILENT, "main")
    said = comes_and_goes(told, away, 3 * 720)
    digests = [one for one in said if one.startswith("digest")]
    assert said[0] == f"restless slot-missing x{RESTLESS}"
    assert said[1:] == digests, "once it is told, it is for the digest"
    assert len(digests) == 3
    assert digests[1] == "digest over slot-missing x720"


def test_what_comes_and_goes_is_told_anew_after_an_hour_of_peace_and_over_no_restart_twice() -> None:
    told = Channel()
    assert comes_and_goes(told, fault(), 10) == [f"restless loop-repeats x{RESTLESS}"]
    told.restart()
    assert comes_and_goes(told, fault(), 10) == []
    assert told.after(3700) == []
    assert comes_and_goes(told, fault(), 10) == [f"restless loop-repeats x{RESTLESS}"]


def test_what_comes_and_goes_seldom_or_matters_little_or_at_night_is_in_the_digest_alone() -> None:
    told = Channel()
    for _ in range(6):
        assert comes_and_goes(told, fault(), 1) + told.after(1200, 60) == []
    assert comes_and_goes(told, fault("tape-unwritable", Severity.NOTICE, ""), 10) == []
    assert sorted(told.after(24 * 3600, 60)) == ["digest over loop-repeats x6", "digest over tape-unwritable x10"]
    night = Channel(replace(RULES, quiet=NIGHT), "2026-11-28 23:00")
    assert comes_and_goes(night, fault(), 10) == []
    assert comes_and_goes(night, fault("nothing-heard", Severity.SILENT, ""), 10) == [
        f"restless nothing-heard x{RESTLESS}"
    ]
    said = night.after(10 * 3600, 60)
    assert sorted(said) == ["digest over loop-repeats x10", "digest over nothing-heard x10"]


@pytest.mark.parametrize(
    ("language", "title", "line"),
    [
        ("en", "West: comes and goes: It is wrong", "Comes and goes, 7 times in an hour, last at "),
        ("de", "West: kommt und geht: Eine Stimme", "Kommt und geht, 7-mal in einer Stunde, zuletzt "),
    ],
)
def test_what_comes_and_goes_is_written_as_that_with_what_to_do(language: str, title: str, line: str) -> None:
    notice = Notice((Told(over(fault()), 7, restless=True),))
    message = NoticeWords(language, "West").message(notice, 0.0)
    assert message.title.startswith(title)
    assert message.text.startswith(line)
    assert ("What to do: Mend it." if language == "en" else "Was zu tun ist: ") in message.text
    assert message.mood == "doubtful"


def test_what_came_and_went_is_told_once_it_stays() -> None:
    told = Channel()
    assert comes_and_goes(told, fault(), 6) == [f"restless loop-repeats x{RESTLESS}"]
    told.policy.heard(fault())
    assert told.after(600) == ["there loop-repeats x7"]
    told.policy.heard(over(fault()))
    assert told.after(600) == ["over loop-repeats"]


def test_what_comes_together_is_told_together_and_the_worst_first() -> None:
    told = Channel()
    told.policy.heard(fault())
    told.policy.heard(fault("nothing-heard", Severity.SILENT, ""))
    told.clock.go(130)
    notice = told.policy.due()
    assert notice is not None
    assert [one.fault.id for one in notice.told] == ["nothing-heard", "loop-repeats"]


def test_less_than_the_least_severity_waits_for_the_digest() -> None:
    told = Channel()
    told.policy.heard(fault("tape-unwritable", Severity.NOTICE, ""))
    assert told.after(19 * 3600, 60) == []  # to 07:00
    assert told.after(2 * 3600, 60) == ["digest there tape-unwritable"]
    assert told.after(48 * 3600, 60) == [], "it is told once, and not in each digest"


def test_at_night_only_what_cannot_be_heard_disturbs() -> None:
    told = Channel(replace(RULES, quiet=NIGHT), "2026-11-28 23:00")
    told.policy.heard(fault())
    told.policy.heard(fault("nothing-heard", Severity.SILENT, ""))
    assert told.after(3600) == ["there nothing-heard"]
    told.policy.heard(over(fault("nothing-heard", Severity.SILENT, "")))
    assert told.after(3600) == ["over nothing-heard"]
    assert told.after(6.9 * 3600, 60) == []
    assert told.after(3600, 60) == ["digest there loop-repeats"]


def test_with_silent_too_the_night_is_quiet() -> None:
    told = Channel(replace(RULES, quiet=replace(NIGHT, silent_too=True)), "2026-11-28 23:00")
    told.policy.heard(fault("nothing-heard", Severity.SILENT, ""))
    assert told.after(8.4 * 3600, 60) == []
    assert told.after(1.5 * 3600, 60) == ["digest there nothing-heard"]


def test_what_came_and_went_at_night_is_one_line_of_the_digest() -> None:
    told = Channel(replace(RULES, quiet=NIGHT), "2026-11-28 23:00")
    for _ in range(3):
        told.policy.heard(fault())
        told.after(300)
        told.policy.heard(over(fault()))
        told.after(300)
    assert told.after(9 * 3600, 60) == ["digest over loop-repeats x3"]


def test_quiet_hours_over_midnight_and_within_a_day() -> None:
    assert NIGHT.at(dt.time(23))
    assert NIGHT.at(dt.time(0))
    assert not NIGHT.at(dt.time(7, 30))
    assert QuietHours(dt.time(12), dt.time(13)).at(dt.time(12))
    assert not QuietHours(dt.time(12), dt.time(13)).at(dt.time(23))


def test_a_digest_that_falls_into_quiet_hours_waits_for_their_end() -> None:
    rules = replace(RULES, quiet=NIGHT, digest_at=dt.time(6))
    told = Channel(rules, "2026-11-28 23:00")
    told.policy.heard(fault())
    assert told.after(8.4 * 3600, 60) == []
    assert told.after(600, 60) == ["digest there loop-repeats"]


def test_a_digest_before_midnight_in_quiet_hours_comes_in_the_morning() -> None:
    told = Channel(replace(RULES, quiet=NIGHT, digest_at=dt.time(23, 30)), "2026-11-28 22:30")
    told.policy.heard(fault())
    assert told.after(8.9 * 3600, 60) == []
    assert told.after(600, 60) == ["digest there loop-repeats"]


def test_a_clock_that_was_years_ahead_keeps_no_digest_back() -> None:
    told = Channel(wall="2037-01-01 12:00")
    told.clock.set_wall(-10 * 365 * 86_400)
    told.policy.heard(fault("tape-unwritable", Severity.NOTICE, ""))
    assert told.after(24 * 3600, 60) == ["digest there tape-unwritable"]


def test_a_flood_is_cut_and_what_was_left_out_comes_with_the_digest() -> None:
    told = Channel(replace(RULES, most_per_hour=3, after=0.0))
    said: list[str] = []
    for number in range(30):
        told.policy.heard(fault(subject=f"voice {number}"))
        said += told.after(60)
    assert 3 <= len(said) <= 5
    assert len(told.after(24 * 3600, 60)) == 30 - len(said)


def test_a_flood_of_others_keeps_back_nothing_that_cannot_be_heard() -> None:
    told = Channel(replace(RULES, most_per_hour=1, after=0.0))
    told.policy.heard(fault())
    told.after(10)
    told.policy.heard(fault("nothing-heard", Severity.SILENT, ""))
    assert told.after(10) == ["there nothing-heard"]


def test_a_restart_tells_nothing_twice() -> None:
    told = Channel()
    told.policy.heard(fault())
    assert told.after(200) == ["there loop-repeats"]
    told.restart()
    told.policy.heard(fault())
    assert told.after(7200) == []
    told.policy.heard(over(fault()))
    assert told.after(200) == ["over loop-repeats"]


def test_what_is_over_after_a_restart_is_told_as_over() -> None:
    told = Channel()
    told.policy.heard(fault())
    told.after(200)
    told.restart()
    assert told.after(SETTLES - 10) == []
    assert told.after(RULES.after + 20) == ["over loop-repeats"]


def test_what_was_held_outlasts_a_restart() -> None:
    told = Channel(replace(RULES, quiet=NIGHT), "2026-11-28 23:00")
    told.policy.heard(fault())
    told.after(3600)
    told.restart()
    assert told.after(9 * 3600, 60) == ["digest over loop-repeats"]


def test_a_clock_that_is_set_back_tells_no_digest_twice() -> None:
    told = Channel(wall="2026-11-28 07:50")
    told.policy.heard(fault("tape-unwritable", Severity.NOTICE, ""))
    assert told.after(900) == ["digest there tape-unwritable"]
    told.clock.set_wall(-1200)
    assert told.after(3600) == []


def test_a_digest_is_bounded() -> None:
    told = Channel(replace(RULES, after=0.0), "2026-11-28 12:00")
    for number in range(3 * MOST_HELD):
        told.policy.heard(fault("tape-unwritable", Severity.NOTICE, f"{number}"))
        told.clock.go(1)
        told.policy.due()
        told.policy.heard(over(fault("tape-unwritable", Severity.NOTICE, f"{number}")))
    assert len(told.after(24 * 3600, 60)) == MOST_HELD


@pytest.mark.parametrize("kept", [{"told": 3}, {"restless": [3]}, {"told": [], "held": [], "digested": "yesterday"}])
def test_nonsense_that_was_kept_is_refused(kept: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError, KeyError)):
        NoticePolicy(RULES, HandClock(), kept)
