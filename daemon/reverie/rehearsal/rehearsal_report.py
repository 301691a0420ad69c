"""What a rehearsal has shown: a row for each day, sums, and what is to be remarked on in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reverie.rehearsal.day_distances import distance, nearest_of_week
from reverie.rehearsal.day_result import DayResult
from reverie.rehearsal.rehearsing import Rehearsal

ALIKE = 0.1
"""The distance to another day below which days count as alike."""
LONG_SILENCE = 60.0
"""Seconds of silence in the midst of music that are remarked on."""
MANY_COPIES = 0.2
"""The share of copies among the models' loops, above which that is remarked on."""
_GIGA = 1e9


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day and how far it is from the day before, and from the nearest of the week before."""

    day: DayResult
    to_day_before: float | None
    to_nearest_of_week: float | None

    def as_json(self) -> dict[str, Any]:
        """Plain data; fingerprints are left out, which nobody reads."""
        data = replace(self.day, sketches={}).as_json()
        del data["sketches"]
        return data | {
            "density": self.day.density,
            "to_day_before": self.to_day_before,
            "to_nearest_of_week": self.to_nearest_of_week,
        }


@dataclass(frozen=True, slots=True)
class DiskForecast:
    """How the disk fills: bytes a day by the tape and by all else, and days until the tape is at its quota.

    ``days_to_quota`` is None where there is no quota, or the oldest days are deleted before it is reached.
    """

    tape_a_day: float
    state_a_day: float
    tape_at_most: float
    days_to_quota: float | None


@dataclass(frozen=True, slots=True)
class RehearsalReport:
    """All of it."""

    rows: tuple[DayRow, ...]
    disk: DiskForecast
    remarks: tuple[str, ...]
    totals: Mapping[str, Any]
    digest_hash: str

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "days": [row.as_json() for row in self.rows],
            "totals": dict(self.totals),
            "disk": {
                "tape_bytes_a_day": round(self.disk.tape_a_day),
                "state_bytes_a_day": round(self.disk.state_a_day),
                "tape_bytes_at_most": round(self.disk.tape_at_most),
                "days_to_quota": self.disk.days_to_quota,
            },
            "remarks": list(self.remarks),
            "hash": self.digest_hash,
        }


def report_of(rehearsal: Rehearsal, bytes_a_note: float) -> RehearsalReport:
    """The report; ``bytes_a_note`` is what the tape takes for each note that is played."""
    days = [lived.result for lived in rehearsal.days]
    rows = tuple(
        DayRow(
            day,
            distance(day.sketches, days[number - 1].sketches) if number else None,
            nearest_of_week(day.sketches, [one.sketches for one in days[:number]]),
        )
        for number, day in enumerate(days)
    )
    totals, disk = _totals(days), _forecast(rehearsal, days, bytes_a_note)
    return RehearsalReport(rows, disk, tuple(_remarks(rows, totals, disk)), totals, rehearsal.digest_hash)


def _totals(days: Sequence[DayResult]) -> dict[str, Any]:
    lived, music = sum(day.lived_minutes for day in days) / 60, sum(day.music_hours for day in days)
    composed, models = sum(day.loops.composed for day in days), sum(day.loops.by_models for day in days)
    return {
        "days": len(days),
        "open_hours": round(sum(day.open_hours for day in days), 1),
        "music_hours": round(music, 1),
        "lived_hours": round(lived, 2),
        "lived_share": round(lived / music, 4) if music else None,
        "bars": sum(day.bars for day in days),
        "silent_bars": sum(day.silent_bars for day in days),
        "loops": composed,
        "loops_by_models": models,
        "share_by_models": round(models / composed, 4) if composed else None,
        "clock_changes": [day.date for day in days if day.clock_change],
        "processor_seconds": round(sum(day.seconds for day in days), 1),
    }


def _forecast(rehearsal: Rehearsal, days: Sequence[DayResult], bytes_a_note: float) -> DiskForecast:
    lived = sum(day.lived_minutes for day in days) / 60
    notes_an_hour = sum(day.notes for day in days) / lived if lived else 0.0
    tape = notes_an_hour * sum(day.music_hours for day in days) / max(len(days), 1) * bytes_a_note
    half = days[len(days) // 2 :]
    grown = (half[-1].state_bytes - half[0].state_bytes) / (len(half) - 1) if len(half) > 1 else 0.0
    most, quota = tape * rehearsal.keep_days, rehearsal.tape_quota
    reached = quota is not None and tape > 0 and most > quota
    return DiskForecast(tape, max(grown, 0.0), most, round(quota / tape, 1) if reached and quota is not None else None)


def _remarks(rows: Sequence[DayRow], totals: Mapping[str, Any], disk: DiskForecast) -> Iterator[str]:
    days = [row.day for row in rows]
    share = totals["share_by_models"] or 0.0
    yield (
        f"{totals['lived_hours']:.1f} of {totals['music_hours']:.1f} hours of music were lived through: each change, "
        f"and what follows it. Models composed {totals['loops_by_models']:,} of {totals['loops']:,} loops "
        f"({share:.1%}); the others were put together from bars of these, so density and repetition say less of them."
    )
    silent = [day.date for day in days if day.silent_bars]
    if silent:
        yield f"{totals['silent_bars']} bars were silent that were not meant to be, on {_some(silent)}."
    else:
        yield "No bar was silent that was not meant to be."
    if closed := [day.date for day in days if not day.music_hours]:
        yield f"No music is due on {len(closed)} days: {_some(closed)}."
    for day in days:
        if day.clock_change:
            hours = f"{abs(day.clock_change):g} h"
            where = "ahead" if day.clock_change > 0 else "back"
            yield f"In the night after {day.date}, or on that day, the clock is set {where} by {hours}."
    if long := [day.date for day in days if day.longest_silence > LONG_SILENCE]:
        yield f"Music had silences of more than {LONG_SILENCE:.0f} s within it on {_some(long)}."
    if alike := [row.day.date for row in rows if (row.to_day_before or 1.0) < ALIKE]:
        yield f"Music was much like that of the day before on {_some(alike)}."
    if copies := _share(sum(day.loops.copies for day in days), totals["loops"]):
        word = "many" if copies > MANY_COPIES else "few"
        yield f"{copies:.1%} of the loops had been played within a week already, which is {word}."
    told = {sentence: sum(sentence in day.faults for day in days) for day in days for sentence in day.faults}
    for sentence, count in sorted(told.items(), key=lambda one: -one[1]):
        yield f"Told on {count} {'days' if count > 1 else 'day'}: {sentence.rstrip('.')}."
    yield _of_disk(disk)


def _of_disk(disk: DiskForecast) -> str:
    said = f"The tape takes about {disk.tape_a_day / 1e6:.1f} MB a day, and {disk.tape_at_most / _GIGA:.2f} GB at most"
    if disk.days_to_quota is None:
        return f"{said}, as old days are deleted."
    return f"{said}; its quota is reached after {disk.days_to_quota:.0f} days, and then the oldest days go earlier."


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _some(dates: Sequence[str]) -> str:
    few = 5
    more = f" and {len(dates) - few} more" if len(dates) > few else ""
    return ", ".join(dates[:few]) + more


def lines(report: RehearsalReport) -> Iterator[str]:
    """The report for people."""
    head = "date        open music lived  bars silent  notes/bar  loops models none repeats  before  week  scenes"
    yield head
    for row in report.rows:
        day, loops = row.day, row.day.loops
        scenes = ", ".join(f"{one.at} {one.scene} {one.minutes:.0f}m" for one in day.scenes) or "closed"
        mark = f" [clock {day.clock_change:+g} h]" if day.clock_change else ""
        yield (
            f"{day.date} {day.open_hours:5.1f} {day.music_hours:5.1f} {day.lived_minutes:4.0f}m {day.bars:5} "
            f"{day.silent_bars:6}  {_or_dash(day.density):>9} {loops.composed:6} {loops.by_models:6} {loops.none:4} "
            f"{loops.repeats:7}  {_or_dash(row.to_day_before):>6} {_or_dash(row.to_nearest_of_week):>5}  {scenes}{mark}"
        )
    yield ""
    yield from report.remarks
    yield f"Hash: {report.digest_hash}"


def _or_dash(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
