"""The command ``reverie run``: plays until it is stopped."""

from __future__ import annotations

import argparse
from typing import Any

from reverie.cli.arguments import add_config, duration


def add_parsers(commands: Any) -> None:
    """Add ``run`` to the commands of ``reverie``."""
    run = commands.add_parser("run", help="play until stopped")
    run.add_argument("--scene", metavar="NAME", help="begin with this scene")
    run.add_argument("--for", dest="seconds", type=duration, metavar="DURATION", help="stop after 90s, 10m or 1h30m")
    add_config(run)
    run.set_defaults(command=_run, hears_signals=True)


def _run(options: argparse.Namespace) -> int:
    from reverie.conductor.run import run

    return run(options.config, options.scene, options.seconds)
