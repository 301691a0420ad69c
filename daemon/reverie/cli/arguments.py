"""The arguments that several commands share, so that each is written, read and explained in the same way everywhere.

Nothing heavy is imported here: ``reverie --help`` is to stay quick.
"""

from __future__ import annotations

import argparse
import contextlib
import re
from pathlib import Path
from typing import Any

from reverie.errors import capital
from reverie.music.durations import EXAMPLES, parse_duration, parse_time_of_day
from reverie.music.time import MOST_BARS, Length

FAULT = 1
"""The exit status where what was asked for is at fault; 2 is argparse's, for wrong arguments."""
LARGEST_SEED = 2**32 - 1
MOST_THREADS = 256


def add_command(commands: Any, name: str, about: str) -> argparse.ArgumentParser:
    """Add a command; ``about`` says what it does, in the list of commands and in its own help."""
    return commands.add_parser(name, help=about, description=f"{capital(about)}.")


def add_config(parser: argparse.ArgumentParser, *, of_action: bool = False, formerly_site: bool = False) -> None:
    """Add ``--config``, which names the site's file in every command.

    Args:
        parser: The parser of the command.
        of_action: Whether the command above it takes the option as well, whose value is then kept.
        formerly_site: Whether the command once called it ``--site``, which still works and is not documented.
    """
    default = argparse.SUPPRESS if of_action else None
    parser.add_argument(
        "--config", type=Path, metavar="FILE", default=default, help="the site's configuration, such as reverie.yaml"
    )
    if formerly_site:
        parser.add_argument("--site", dest="config", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def add_length(parser: argparse.ArgumentParser, of_bars: str, of_time: str, *, needed: bool) -> None:
    """Add ``--bars`` and ``--for``, of which one says how long something is; :func:`length_of` reads them."""
    group = parser.add_mutually_exclusive_group(required=needed)
    group.add_argument("--bars", type=bars, metavar="N", help=of_bars)
    group.add_argument("--for", dest="seconds", type=duration, metavar="DURATION", help=of_time)


def length_of(options: argparse.Namespace) -> Length:
    """The length that was asked for."""
    return Length(options.bars, options.seconds)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``, by which a command answers programs."""
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def duration(text: str) -> float:
    """Seconds, of a duration such as ``90s``, ``10m`` or ``1h30m``; a number alone is seconds already.

    Raises:
        argparse.ArgumentTypeError: if it is none, or no time at all.
    """
    seconds = 0.0
    for read in (float, parse_duration):
        with contextlib.suppress(ValueError):
            seconds = read(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(
            f"a number of seconds is needed, or a duration such as {EXAMPLES}, not {text!r}"
        )
    return seconds


def bars(text: str) -> int:
    """A number of bars.

    Raises:
        argparse.ArgumentTypeError: if it is none, or too many.
    """
    return _whole(text, "bars", 1, MOST_BARS)


def loop_bars(text: str) -> int:
    """A number of bars that loops can be judged in.

    Raises:
        argparse.ArgumentTypeError: if it is none, or too many.
    """
    from reverie.training.judge.loop_measures import LONG_BARS

    return _whole(text, "bars", 1, LONG_BARS)


def loops(text: str) -> int:
    """A number of loops.

    Raises:
        argparse.ArgumentTypeError: if it is none, or too many.
    """
    return _whole(text, "loops", 1, MOST_BARS)


def metre(text: str) -> str:
    """A metre in which music is learned from, as it is written.

    Raises:
        argparse.ArgumentTypeError: if it is none.
    """
    if not re.fullmatch(r"[1-9]\d?/(1|2|4|8|16|32)", text):
        raise argparse.ArgumentTypeError(f"a metre is written 3/4 or 7/8, not {text!r}")
    return text


def seed(text: str) -> int:
    """Where chance begins.

    Raises:
        argparse.ArgumentTypeError: if it is no seed.
    """
    return _whole(text, "a seed", 0, LARGEST_SEED)


def threads(text: str) -> int:
    """A number of threads; more than a machine has cores gain nothing, and of thousands it may have none left.

    Raises:
        argparse.ArgumentTypeError: if it is none, or too many.
    """
    return _whole(text, "threads", 1, MOST_THREADS)


def time_of_day(text: str) -> float:
    """A time of day, in seconds.

    Raises:
        argparse.ArgumentTypeError: if it is none.
    """
    try:
        return parse_time_of_day(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _whole(text: str, what: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        verb = "is" if what.startswith("a ") else "are"
        raise argparse.ArgumentTypeError(f"{what} {verb} a whole number from {least} to {most}, not {text!r}")
    return int(text)


def value_of(text: str) -> float | bool:
    """The value to which a control is set, as an argument.

    Raises:
        argparse.ArgumentTypeError: if it is none.
    """
    words = {"on": True, "off": False}
    try:
        return words[text] if text in words else float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"a number, on or off is needed, not {text!r}") from error


def point_of(text: str) -> float | bool | list[float]:
    """The same, or a point of a grid as ``X,Y``.

    Raises:
        argparse.ArgumentTypeError: if it is none.
    """
    x, comma, y = text.partition(",")
    return [float(value_of(x)), float(value_of(y))] if comma else value_of(text)
