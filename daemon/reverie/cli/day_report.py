"""The command ``reverie report``: what a day was like, from what the daemon keeps in its state folder."""

from __future__ import annotations

import argparse
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from reverie import __version__
from reverie.cli.arguments import add_command, add_config
from reverie.cli.configuration import site_with_state
from reverie.errors import ReverieError

TODAY, YESTERDAY = "today", "yesterday"


def add_parsers(commands: Any) -> None:
    """Add ``report`` to the commands of ``reverie``."""
    report = add_command(
        commands, "report", "tell what a day was like: hours open, silence, loops, refusals, restarts and faults"
    )
    report.add_argument(
        "--day",
        type=day,
        default=YESTERDAY,
        metavar="DAY",
        help="the day, such as 2026-11-29, `today` or `yesterday`, which it is without",
    )
    report.add_argument("--html", action="store_true", help="print a page instead of text")
    report.add_argument("--language", choices=("en", "de"), help="the language; else that of the site's messages")
    add_config(report)
    report.set_defaults(command=_report)


def day(text: str) -> str:
    """A day as it was written, if it is one.

    Raises:
        argparse.ArgumentTypeError: if it is none.
    """
    if text not in {TODAY, YESTERDAY}:
        try:
            dt.date.fromisoformat(text)
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"a day is written like 2026-11-29, or is `today` or `yesterday`, not {text!r}"
            ) from None
    return text


class NoDayError(ReverieError):
    """Nothing is known of the day that was asked for."""


def _report(options: argparse.Namespace) -> int:
    from reverie.conductor.far.far_side import words_of
    from reverie.history.day_book import FILE, KnownDays, read_days
    from reverie.notify.report_shelf import report_of

    site = site_with_state(options.config)
    path = site.state_folder / FILE
    known = KnownDays(read_days(path))
    zone = ZoneInfo(site.hours.zone) if site.hours and site.hours.zone else None
    wanted = _date(options.day, zone)
    if known.day(wanted) is None:
        have = f"it knows {known.days[0].day} to {known.days[-1].day}" if known.days else "it knows no day yet"
        raise NoDayError(
            f"{path}: nothing is known of {wanted}; {have}. The daemon writes what it counts every 15 minutes, and as "
            "it ends."
        )
    telling = site.notify.model_copy(update={"language": options.language} if options.language else {})
    words = words_of(telling, lambda at: dt.datetime.fromtimestamp(at, zone))
    report = report_of(wanted, words, known, site.state_folder / "moments", __version__)
    print(report.html(wanted) if options.html else report.text(wanted), end="")
    return 0


def _date(said: str, zone: dt.tzinfo | None) -> dt.date:
    today = dt.datetime.now(zone).date()  # the day where the installation stands
    return {TODAY: today, YESTERDAY: today - dt.timedelta(days=1)}.get(said) or dt.date.fromisoformat(said)
