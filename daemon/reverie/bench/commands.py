"""The command ``reverie bench compose``. What does the work is imported when it is called, so that help stays quick."""

from __future__ import annotations

import argparse
import json
from typing import Any

from reverie.bench.targets import PER_EVENT

DEFAULTS = tuple(PER_EVENT)


def add_parsers(commands: Any) -> None:
    """Add ``bench`` to the commands of ``reverie``."""
    bench = commands.add_parser("bench", help="measure the engine against Magenta's own generators")
    actions = bench.add_subparsers(required=True, metavar="ACTION")
    compose = actions.add_parser("compose", help="how long an event, an extension and a first loop take")
    compose.add_argument("--json", action="store_true", help="answer as JSON")
    compose.add_argument(
        "--config",
        action="append",
        metavar="NAME",
        help=f"a configuration of Magenta's; may be given repeatedly (else {', '.join(DEFAULTS)})",
    )
    compose.add_argument("--quick", action="store_true", help="rough figures, to see that it works")
    compose.set_defaults(command=_compose)


def _compose(options: argparse.Namespace) -> int:
    from reverie.bench.processes import measure
    from reverie.bench.targets import lines

    report = measure(tuple(dict.fromkeys(options.config or DEFAULTS)), quick=options.quick)
    print(json.dumps(report, indent=2) if options.json else "\n".join(lines(report)))  # noqa: T201 - a command prints
    return 0
