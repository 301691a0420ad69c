"""The command ``reverie measure``: figures about a scene, or a MIDI file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from reverie.cli.arguments import add_command, add_config, add_json, add_length, length_of, seed
from reverie.music.time import Length

_MIDI = {".mid", ".midi"}
_LENGTH = Length(seconds=600.0)
TIES = ("harmony", "relations", "touch", "novelty")
"""Those of :mod:`reverie.conductor.offline.broken_ties`, which is heavy to import."""


def add_parsers(commands: Any) -> None:
    """Add ``measure`` to the commands of ``reverie``."""
    measure = add_command(commands, "measure", "say in figures how the voices of a scene or a MIDI file relate")
    measure.add_argument("music", metavar="SCENE|FILE", help="a scene's name or its file, or a MIDI file (.mid)")
    add_length(
        measure,
        "how many bars of the scene to compose",
        "how much of the scene to compose, such as 90s or 1h; 10m if nothing is said",
        needed=False,
    )
    measure.add_argument("--seed", type=seed, metavar="S", help="another seed than the scene's own")
    measure.add_argument(
        "--without",
        action="append",
        choices=TIES,
        default=[],
        help="compose the scene's voices without this; may be given several times, to see what a figure falls to",
    )
    add_config(measure)
    add_json(measure)
    measure.set_defaults(command=_measure)


def _refuse_what_is_composed(options: argparse.Namespace) -> None:
    """A file has the length, the seed and the voices that it has."""
    said = [("--seed", options.seed is not None), ("--without", bool(options.without))]
    said.append(("--bars or --for", length_of(options) != Length()))
    if meant := [name for name, given in said if given]:
        from reverie.conductor.offline.measuring import MeasureError

        verb = "is" if len(meant) == 1 else "are"
        raise MeasureError(f"{options.music} is measured as it is; {' and '.join(meant)} {verb} for scenes")


def _measure(options: argparse.Namespace) -> int:
    from reverie.conductor.offline.measuring import measure_file, measure_scene
    from reverie.measure.telling import told

    if Path(options.music).suffix.lower() in _MIDI:
        _refuse_what_is_composed(options)
        figures = measure_file(Path(options.music))
    else:
        length = length_of(options)
        length = _LENGTH if length == Length() else length
        figures = measure_scene(options.config, options.music, length, options.seed, options.without)
    print(json.dumps(figures) if options.json else told(figures))
    return 0
