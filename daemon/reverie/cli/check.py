"""The command ``reverie check``: says every fault of scenes and configurations, before they are put in force."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from reverie.cli.arguments import FAULT, add_command, add_config, add_json, loops
from reverie.foreign import Printable


def add_parsers(commands: Any) -> None:
    """Add ``check`` to the commands of ``reverie``."""
    check = add_command(commands, "check", "find every fault of scenes and configurations, with its line and column")
    check.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a scene's name, or its file, or a reverie.yaml"
    )
    check.add_argument(
        "--play", action="store_true", help="also compose some loops of each voice, and say which voices get none"
    )
    check.add_argument(
        "--loops",
        type=loops,
        default=16,
        metavar="N",
        help="how many loops of each voice --play composes; 16 if nothing is said",
    )
    check.add_argument(
        "--chains", action="store_true", help="also show by what each voice sounds, down to what cannot fail"
    )
    add_config(check)
    add_json(check)
    check.set_defaults(command=_check)


def _check(options: argparse.Namespace) -> int:
    from reverie.conductor.arranging.check import check, check_and_play, scene_path
    from reverie.conductor.arranging.scene_remarks import remarks_on
    from reverie.conductor.arranging.voice_chains import chain_lines

    files = [scene_path(file, options.config) for file in options.files]
    faults = check_and_play(files, options.config, options.loops) if options.play else check(files, options.config)
    if options.json:
        rows = [
            {"path": str(fault.path), "line": fault.line, "column": fault.column, "message": fault.message}
            for fault in faults
        ]
        print(json.dumps(rows, indent=2))
    else:
        for fault in faults:
            print(fault)
        if not faults:
            print(f"{len(files)} {'file is' if len(files) == 1 else 'files are'} right.")
        for line in chain_lines(files, options.config) if options.chains else ():
            print(line)
        for remark in remarks_on(files, options.config):
            print(remark, file=Printable(sys.stderr))
    return FAULT if faults else 0
