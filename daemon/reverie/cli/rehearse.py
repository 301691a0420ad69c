"""The command ``reverie rehearse``: months of days through the real conductor, in minutes."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.cli.arguments import add_command, add_config, add_json, seed
from reverie.cli.interruption import GOES_ON, interruptible

if TYPE_CHECKING:
    from reverie.rehearsal.day_result import LivedDay

MOST_DAYS = 3660
SILENT = 3
"""The exit status of a rehearsal in which a bar was silent that was not meant to be."""


def add_parsers(commands: Any) -> None:
    """Add ``rehearse`` to the commands of ``reverie``."""
    rehearse = add_command(commands, "rehearse", "let days of hours, programme and music go by on a made-up clock")
    rehearse.add_argument("--days", type=_days, default=90, metavar="N", help="how many days; 90 if nothing is said")
    rehearse.add_argument(
        "--from", dest="first", type=_date, metavar="DATE", help="the first day, such as 2026-03-01; today else"
    )
    rehearse.add_argument(
        "--seed", type=seed, default=0, metavar="S", help="another seed is other music, and other incidents; 0 else"
    )
    rehearse.add_argument(
        "--lived",
        type=_minutes,
        default=1.0,
        metavar="MINUTES",
        help="minutes after each change of scene that are lived through; 1 if nothing is said",
    )
    rehearse.add_argument(
        "--composed",
        type=_loops,
        default=5,
        metavar="N",
        help="loops of each day that models compose, where others stand in for them; 5 if nothing is said",
    )
    rehearse.add_argument(
        "--out", type=Path, default=Path("rehearsal"), metavar="FOLDER", help="where days are kept; rehearsal else"
    )
    rehearse.add_argument(
        "--digest", type=Path, metavar="FILE", help="ten minutes to listen to, as .opus, .flac, .wav or .mid"
    )
    add_config(rehearse)
    add_json(rehearse)
    rehearse.set_defaults(command=_rehearse, hears_signals=True)


def _rehearse(options: argparse.Namespace) -> int:
    return interruptible(lambda: _carry_out(options), GOES_ON)


def _carry_out(options: argparse.Namespace) -> int:
    from reverie.rehearsal.days_digest import bytes_a_note, check_suffix, chosen, write_digest
    from reverie.rehearsal.rehearsal_report import lines, report_of
    from reverie.rehearsal.rehearsing import RehearsalWish, rehearse

    if options.digest is not None:
        check_suffix(options.digest)
    wish = RehearsalWish(options.days, options.first, options.seed, options.lived, options.composed)
    done = rehearse(options.config, wish, options.out, lambda lived, number: _tell(lived, number, options.days))
    minutes = chosen(done.days)
    report = report_of(done, bytes_a_note(done.site, minutes))
    written = [str(path) for path in write_digest(done.site, minutes, options.digest)] if options.digest else []
    if options.json:
        print(json.dumps(report.as_json() | {"digest": written}))
    else:
        print("\n".join(lines(report)))
        for path in written:
            print(path)
    return SILENT if report.totals["silent_bars"] else 0


def _tell(lived: LivedDay, number: int, days: int) -> None:
    """Tell how far it is, on one line that moves for a person, or a line for each day in a log."""
    moves = sys.stderr.isatty()
    said = f"day {number} of {days}: {lived.result.date}, {lived.result.bars} bars"
    with contextlib.suppress(OSError):
        sys.stderr.write(f"\r{said}{chr(10) if number == days else ''}" if moves else f"{said}\n")
        sys.stderr.flush()


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a day is written 2026-03-01, not {text!r}") from None


def _days(text: str) -> int:
    return _whole(text, "days", 1, MOST_DAYS)


def _loops(text: str) -> int:
    return _whole(text, "loops", 0, 1_000_000)


def _whole(text: str, what: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{what} are a whole number from {least} to {most}, not {text!r}")
    return int(text)


def _minutes(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < (minutes := float(text)) <= 1440:  # noqa: PLR2004 - of a day
            return minutes
    raise argparse.ArgumentTypeError(f"minutes are a number up to 1440, not {text!r}")
