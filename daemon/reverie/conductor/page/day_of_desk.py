"""What technicians are told of the day: open or closed and why, what is next, and what waits for a rest."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from reverie.conductor.far.report import Report
from reverie.conductor.hours.day_side import DaySide
from reverie.conductor.hours.moment_ahead import moment_ahead, next_change
from reverie.conductor.hours.programme import ProgrammeEntry


def day_of_desk(report: Report) -> dict[str, Any]:
    """The day as plain data; what is not configured is None."""
    day = report.day
    return {
        "clock": {
            "time": f"{day.clock.local():%H:%M}",
            "zone": str(day.clock.zone or ""),
            "doubt": day.doors.doubt,
            "kept": day.doors.clock_kept,
        },
        "hours": _hours(day),
        "rests": _rests(report),
        "programme": _programme(day),
        "quiet": _quiet(day),
        "presence": _presence(day),
        "maintenance": day.status()["maintenance"],
    }


def _hours(day: DaySide) -> dict[str, Any] | None:
    doors, course = day.doors, day.course
    if doors.hours is None:
        return None
    state, change = doors.state, next_change(doors)
    return {
        "open": state.is_open,
        "silent": course.closed,
        "why": "clock" if state.doubt else "hand" if course.by_hand else state.source,
        "reason": state.reason,
        "next": change and asdict(change),
        "warm_up": course.warm_up.status(),
    }


def _rests(report: Report) -> str | None:
    """Why silence is wanted now; None where it is not."""
    course = report.course
    wanted = {
        "closed": course.closed,
        "nobody": course.deserted,
        "programme": course.programme.resting,
        "paused": report.console.paused,
    }
    return next((why for why, holds in wanted.items() if holds), None)


def _programme(day: DaySide) -> dict[str, Any] | None:
    programme, local = day.course.programme.programme, day.clock.here()
    due, after = programme.due(local), programme.after(local)
    return due and {"now": _entry(due), "next": after and _entry(after)}


def _entry(entry: ProgrammeEntry) -> dict[str, Any]:
    return {"at": f"{entry.at:%H:%M}", "scene": entry.scene or entry.playlist, "mood": entry.mood}


def _quiet(day: DaySide) -> dict[str, Any] | None:
    quiet = day.restraints.quiet
    if quiet is None:
        return None
    restraint, until = quiet
    return {
        "why": restraint.why,
        "volume": restraint.volume,
        "density": restraint.density,
        "until": until and asdict(moment_ahead(until, day.clock.local())),
    }


def _presence(day: DaySide) -> dict[str, Any] | None:
    presence = day.restraints.presence
    if presence is None:
        return None
    sensed, sense = presence
    return {
        "sensed": sensed,
        "alone_minutes": int(sense.alone // 60),
        "silent_minutes": int(sense.silent // 60),
        "away_minutes": round(sense.rules.away / 60, 1),
        "rests": sense.rules.rests,
    }
