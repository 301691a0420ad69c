"""The command ``reverie loudness``: how loud scenes are, and how to make them equal."""

from __future__ import annotations

import argparse
import json
from typing import Any

from reverie.cli.arguments import add_command, add_config, add_json, add_length, length_of, seed
from reverie.music.time import Length

_LENGTH = Length(seconds=120.0)


def add_parsers(commands: Any) -> None:
    """Add ``loudness`` to the commands of ``reverie``."""
    loudness = add_command(
        commands, "loudness", "say how loud scenes are as FluidSynth plays them, and the trims that make them equal"
    )
    loudness.add_argument("scenes", nargs="+", metavar="SCENE", help="names of scenes, or their files")
    add_length(
        loudness,
        "how many bars of each scene to compose",
        "how much of each scene to compose, such as 90s or 10m; 2m if nothing is said",
        needed=False,
    )
    loudness.add_argument("--seed", type=seed, metavar="S", help="another seed than the scenes' own")
    loudness.add_argument(
        "--target",
        type=float,
        metavar="LUFS",
        default=None,
        help="how loud the scenes are to be; -27 if nothing is said",
    )
    loudness.add_argument("--voices", action="store_true", help="measure each voice by itself as well")
    add_config(loudness)
    add_json(loudness)
    loudness.set_defaults(command=_loudness)


def _loudness(options: argparse.Namespace) -> int:
    from reverie.conductor.offline.scene_loudness import TARGET, measure_loudness, told

    length = length_of(options)
    length = _LENGTH if length == Length() else length
    target = TARGET if options.target is None else options.target
    scenes = [
        measure_loudness(options.config, name, length, options.seed, target, voices=options.voices)
        for name in options.scenes
    ]
    print(json.dumps([one.as_json() for one in scenes]) if options.json else told(scenes))
    return 0
