"""What a running daemon says of itself: its health, its faults, its slots, and what is heard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reverie.doctor.daemon_points import daemon_points, page_point
from reverie.doctor.finding import Finding
from reverie.doctor.finding_texts import LANGUAGES, finding_texts
from reverie.doctor.output_points import heard_by_daemon, slots_of_daemon, slots_tried

SOUND = {"up": True, "able": True, "detail": "listening.", "dbfs": -23.4, "heard": True}


def status(**changes: Any) -> dict[str, Any]:
    return {
        "alive": {"ok": True, "sentence": "Playing study, bar 4."},
        "fault_register": {"now": [], "cleared": []},
        "lives": {"starts": 3, "crashes": 0},
        "slots": [{"name": "main", "up": True, "detail": "it plays.", "fault": "", "advice": ""}],
        "sounds": {"main": SOUND, "monitor": SOUND},
    } | changes


def told(findings: Iterable[Finding]) -> list[str]:
    found = list(findings)
    for language in LANGUAGES:
        texts = finding_texts(language)
        assert not [one for one in found if "{" in texts.sentence(one) + texts.advice(one)]
    return [f"{one.outcome}: {one.text}" for one in found]


def test_a_daemon_that_plays_is_well() -> None:
    assert told(daemon_points(status(), "", lives=True)) == ["well: daemon.well", "well: faults.none"]


def test_each_fault_is_told_by_its_severity_with_its_advice() -> None:
    faults = [
        {"severity": severity, "sentence": f"A {severity} fault.", "advice": "Mend it"}
        for severity in ("silent", "impaired", "notice")
    ]
    findings = list(daemon_points(status(fault_register={"now": faults}), "", lives=True))[1:]
    assert told(findings) == ["bad: fault", "doubtful: fault", "doubtful: fault"]
    assert finding_texts("de").sentence(findings[0]) == "A silent fault."
    assert finding_texts("de").advice(findings[0]) == "Mend it"


def test_silence_crashes_and_daemons_that_do_not_answer() -> None:
    silent = status(alive={"ok": False, "sentence": "No bar."}, lives={"starts": 9, "crashes": 2})
    assert told(daemon_points(silent, "", lives=True)) == [
        "bad: daemon.silent",
        "well: faults.none",
        "doubtful: crashes.some",
    ]
    assert told(daemon_points(None, "It has not answered.", lives=True)) == ["bad: daemon.deaf"]
    assert told(daemon_points(None, "", lives=False)) == ["unknown: daemon.none"]


def test_slots_of_the_daemon() -> None:
    slots = [
        {"name": "a", "up": True, "detail": "plays.", "fault": "", "advice": ""},
        {"name": "b", "up": False, "detail": "unplugged.", "fault": "", "advice": ""},
        {"name": "c", "up": True, "detail": "plays.", "fault": "channel 10 is silent", "advice": "choose another"},
    ]
    assert told(slots_of_daemon(status(slots=slots))) == ["well: slot.well", "bad: slot.away", "bad: slot.fault"]


def test_what_is_heard() -> None:
    sounds = {
        "main": SOUND,
        "deaf": SOUND | {"up": False, "dbfs": None},
        "alsa": SOUND | {"up": False, "able": False, "dbfs": None},
        "early": SOUND | {"heard": None},
        "monitor": SOUND | {"heard": False},
    }
    assert told(heard_by_daemon(status(sounds=sounds))) == [
        "well: heard.well",
        "doubtful: heard.deaf",
        "unknown: heard.unable",
        "unknown: heard.soon",
        "bad: heard.not",
    ]
    assert told(heard_by_daemon(status(sounds={}))) == ["unknown: heard.no_monitor"]
    assert told(heard_by_daemon({})) == ["unknown: heard.no_monitor"], "a daemon of before"


def test_what_came_of_figures() -> None:
    tested = [
        {"slot": "main", "outcome": outcome, "sentence": f"slot main: {outcome}."}
        for outcome in ("heard", "unheard", "untold", "absent", "refused", "running")
    ]
    assert told(slots_tried(tested)) == [
        "well: trial.heard",
        "bad: trial.unheard",
        "unknown: trial.untold",
        "bad: trial.absent",
        "unknown: trial.refused",
        "unknown: trial.running",
    ]


def test_a_page_that_nobody_serves_is_told() -> None:
    assert told([page_point("http://127.0.0.1:9")]) == ["bad: page.away"]
    assert told([page_point("https://example.org")]) == ["unknown: page.https"]
