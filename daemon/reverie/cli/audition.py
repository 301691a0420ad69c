"""The command ``reverie audition``: a scene to be heard and looked at, alone or beside another."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from reverie.cli.arguments import add_command, add_config, add_json, add_length, length_of, seed
from reverie.music.time import Length

_LENGTH = Length(seconds=600.0)


def add_parsers(commands: Any) -> None:
    """Add ``audition`` to the commands of ``reverie``."""
    audition = add_command(
        commands, "audition", "render a scene, and draw a page with its rolls, harmony, dynamics, spectrum and figures"
    )
    kinds = "a scene's name or its file, a MIDI file (.mid), or the folder of an earlier audition"
    audition.add_argument("music", metavar="SCENE|FILE|FOLDER", help=kinds)
    add_length(
        audition,
        "how many bars of a scene to compose",
        "how much of a scene to compose, such as 90s or 1h; 10m if nothing is said",
        needed=False,
    )
    audition.add_argument("--seed", type=seed, metavar="S", help="another seed than the scene's own")
    audition.add_argument(
        "--compare", metavar="OTHER", help="another scene, file or folder, to stand beside it on the page"
    )
    audition.add_argument(
        "--compare-seed",
        type=seed,
        metavar="S",
        help="the seed of the other scene; without --compare the same scene with another seed stands beside it",
    )
    audition.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where to write; audition-NAME in this folder if nothing is said"
    )
    add_config(audition)
    add_json(audition)
    audition.set_defaults(command=_audition)


def _audition(options: argparse.Namespace) -> int:
    from reverie.conductor.offline.auditioning import Auditioned, audition

    asked = [Auditioned(options.music, options.seed)]
    if options.compare is not None or options.compare_seed is not None:
        asked.append(Auditioned(options.compare or options.music, options.compare_seed))
    out = options.out or Path(
        "audition-" + "-".join(Path(one.music).stem for one in asked[: 1 + bool(options.compare)])
    )
    length = length_of(options)
    done = audition(options.config, asked, _LENGTH if length == Length() else length, out)
    if options.json:
        print(json.dumps(done))
    else:
        for side in done["sides"]:
            print(f"{side['name']}: {', '.join(str(out / side[kind]) for kind in ('midi', 'wav') if side[kind])}")
        print(f"Open {done['page']} in a browser.")
    return 0
