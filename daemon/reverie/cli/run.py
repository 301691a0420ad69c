"""The command ``reverie run``: plays until it is stopped."""

from __future__ import annotations

import argparse
from typing import Any

from reverie.cli.arguments import add_command, add_config, add_length, length_of


def add_parsers(commands: Any) -> None:
    """Add ``run`` to the commands of ``reverie``."""
    run = add_command(commands, "run", "play until stopped")
    run.add_argument("--scene", metavar="NAME", help="the scene to begin with")
    add_length(run, "stop after so many bars", "stop after this time, such as 90s, 10m or 1h30m", needed=False)
    add_config(run)
    run.set_defaults(command=_run, hears_signals=True)


def _run(options: argparse.Namespace) -> int:
    from reverie.conductor.run import run

    return run(options.config, options.scene, length_of(options))
