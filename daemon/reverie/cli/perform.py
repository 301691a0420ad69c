"""The command ``reverie perform``: writes what a scene would play into files, faster than it sounds."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from reverie.cli.arguments import add_command, add_config, add_json, add_length, length_of, seed, time_of_day

NOTHING_NEW = 3
"""The exit status of a performance that was written, and in which a voice repeats itself as it gets no new loop."""


def add_parsers(commands: Any) -> None:
    """Add ``perform`` to the commands of ``reverie``."""
    perform = add_command(commands, "perform", "write what a scene would play into files, faster than it sounds")
    perform.add_argument("scene", metavar="SCENE", help="a scene's name, or its file")
    add_length(
        perform,
        "how many bars to write",
        "how long the music is to be, such as 90s or 3m; it is rounded up to whole bars",
        needed=True,
    )
    perform.add_argument("--seed", type=seed, metavar="S", help="another seed than the scene's own")
    perform.add_argument(
        "--at",
        type=time_of_day,
        default="12:00",
        metavar="TIME",
        help="the time of day with which it begins, such as 06:00, for scenes that change over the day; 12:00 else",
    )
    perform.add_argument(
        "--dream",
        action="append",
        default=[],
        metavar="MOOD",
        help="have it dreamt: a mood, MOOD@BAR to begin with that bar, or MOOD@BAR+BARS; once for each dream",
    )
    perform.add_argument("--midi", type=Path, required=True, metavar="FILE", help="the Standard MIDI File to write")
    perform.add_argument(
        "--wav", type=Path, metavar="FILE", help="a WAV file to write as well, rendered with FluidSynth"
    )
    add_config(perform)
    add_json(perform)
    perform.set_defaults(command=_perform)


def _perform(options: argparse.Namespace) -> int:
    from reverie.conductor.offline.perform import perform_to_files

    length = length_of(options)
    done = perform_to_files(
        options.config, options.scene, length, options.seed, options.midi, options.wav, options.at, options.dream
    )
    if options.json:
        print(json.dumps(done))
    else:
        for name in ("midi", "wav"):
            if done.get(name):
                print(f"{done[name]}: {done['notes']} notes in {done['bars']} bars")
    return NOTHING_NEW if done["stalled"] else 0
