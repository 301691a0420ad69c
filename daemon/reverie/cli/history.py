"""The command ``reverie history``: what was played and what befell it, and whether its file is whole."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.cli.arguments import FAULT, add_command, add_config, add_json, duration
from reverie.cli.configuration import site_with_state
from reverie.foreign import LONGEST_LINE, Printable, plain
from reverie.history.history_file import FILE, HISTORY_KINDS

if TYPE_CHECKING:
    from reverie.history.history_file import HistoryEntry

LINES = 50
"""Entries that are shown where nothing else is said."""


def add_parsers(commands: Any) -> None:
    """Add ``history`` to the commands of ``reverie``."""
    history = add_command(commands, "history", "list what was played, which faults came, and what was controlled")
    kinds = ", ".join(HISTORY_KINDS)
    history.add_argument(
        "--kind", action="append", choices=HISTORY_KINDS, metavar="KIND", help=f"only this; once for each of {kinds}"
    )
    history.add_argument(
        "--since",
        type=since,
        metavar="WHEN",
        help='from then on: a time such as "2026-11-30 18:00", or how long ago, such as 90m',
    )
    history.add_argument("--match", default="", metavar="WORD", help="only what has this word in it, such as a voice")
    history.add_argument(
        "--last", type=int, metavar="N", help=f"only so many, the latest; {LINES} if neither this nor --since is said"
    )
    add_config(history)
    add_json(history)
    history.set_defaults(command=_list)

    actions = history.add_subparsers(metavar="ACTION")
    show = add_command(actions, "show", "print how a loop was made: its recipe, its notes, and what it was told of")
    show.add_argument("recipe", metavar="RECIPE", help="the id of its recipe, as the list has it")
    add_config(show, of_action=True)
    show.set_defaults(command=_show)
    check = add_command(actions, "check", "see whether the history and the other SQLite files of the state are whole")
    add_config(check, of_action=True)
    check.set_defaults(command=_check)


def since(text: str) -> float:
    """A Unix time, of a local time such as ``2026-11-30 18:00``, or of how long ago it was.

    Raises:
        argparse.ArgumentTypeError: if it is neither.
    """
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        pass
    try:
        return time.time() - duration(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(
            f'a time such as "2026-11-30 18:00" is needed, or how long ago, such as 90m, not {text!r}'
        ) from error


def _list(options: argparse.Namespace) -> int:
    from reverie.history.history_reader import read_entries

    last = options.last if options.last is not None or options.since is not None else LINES
    entries = read_entries(
        _file(options), since=options.since or 0.0, kinds=options.kind or (), word=options.match, last=last
    )
    if options.json:
        print(json.dumps({"entries": [entry.as_json() for entry in entries]}, indent=2))
        return 0
    for entry in entries:
        print(plain(_line(entry), LONGEST_LINE))
    return 0


def _show(options: argparse.Namespace) -> int:
    from reverie.history.history_reader import read_made

    path = _file(options)
    made = read_made(path, options.recipe)
    if made is None:
        print(f"{path} does not say how the loop {options.recipe} was made.", file=Printable(sys.stderr))
        return FAULT
    print(json.dumps(made, indent=2))
    return 0


def _check(options: argparse.Namespace) -> int:
    from reverie.history.history_reader import mistakes

    folder = site_with_state(options.config).state_folder
    paths = sorted(folder.glob("*.sqlite"))
    if not paths:
        print(f"There is no history in {folder} yet.")
        return 0
    found = {path: mistakes(path) for path in paths}
    for path, sentences in found.items():
        if not sentences:
            print(f"{path} is whole.")
            continue
        print(
            f"{path} is damaged: the daemon sets it aside at its next start and begins anew. SQLite says: "
            f"{plain('; '.join(sentences), LONGEST_LINE)}",
            file=Printable(sys.stderr),
        )
    return FAULT if any(found.values()) else 0


def _file(options: argparse.Namespace) -> Path:
    return site_with_state(options.config).state_folder / FILE


def _line(entry: HistoryEntry) -> str:
    at = datetime.fromtimestamp(entry.at).strftime("%Y-%m-%d %H:%M:%S")  # noqa: DTZ006 - people read it where it stands
    match entry.kind:
        case "start":
            said = f"Reverie {entry.name} was started"
        case "scene":
            said = f"scene {entry.name} began: {entry.about}"
        case "loop":
            said = f"{entry.name} of {entry.about} plays {entry.recipe}"
        case "fault":
            said = f"fault {entry.name}{f' ({entry.about})' if entry.about else ''}: {entry.text}"
        case "mended":
            said = f"no longer so: {entry.name}{f' ({entry.about})' if entry.about else ''}: {entry.text}"
        case _:
            said = f"by hand ({entry.about}): {entry.text or entry.name}"
    return f"{at}  {said}"
