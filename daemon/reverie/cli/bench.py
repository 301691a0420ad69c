"""The commands ``reverie bench compose``, ``play``, ``timbre`` and ``loops``.

What does the work is imported when it is called, so that help stays quick.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from reverie.bench.play_loads import LOADS
from reverie.bench.targets import PER_EVENT
from reverie.cli.arguments import add_command, add_json, duration

DEFAULTS = tuple(PER_EVENT)
TIMBRES = ("nsynth", "gansynth")
_MOST = 3600
_FEWEST_LOOPS, _MOST_LOOPS = 1000, 100_000_000


def add_parsers(commands: Any) -> None:
    """Add ``bench`` to the commands of ``reverie``."""
    bench = add_command(commands, "bench", "measure engine and player beside Magenta's own, and others")
    actions = bench.add_subparsers(required=True, metavar="ACTION")
    what = "measure how long an event, an extension and a first loop take, and what many voices cost"
    compose = add_command(actions, "compose", what)
    add_json(compose)
    compose.add_argument(
        "--model-config",
        dest="configs",
        action="append",
        metavar="NAME",
        help=f"a model's configuration, as Magenta names it; may be given repeatedly (else {', '.join(DEFAULTS)})",
    )
    compose.add_argument("--config", dest="configs", action="append", help=argparse.SUPPRESS)  # its name of before
    compose.add_argument("--quick", action="store_true", help="take rough figures, to see that it works")
    compose.set_defaults(command=_compose)
    play = add_command(actions, "play", "measure how late notes come, beside the players of Magenta, isobar and mido")
    add_json(play)
    play.add_argument(
        "--for",
        dest="seconds",
        type=_seconds,
        default=30.0,
        metavar="DURATION",
        help="how much music for each player and load, such as 30s (this if nothing is said) or 2m",
    )
    play.add_argument("--seconds", type=_seconds, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    play.add_argument(
        "--load",
        action="append",
        choices=LOADS,
        help="what the machine does meanwhile; may be given repeatedly (else all)",
    )
    play.set_defaults(command=_play)
    timbre = add_command(actions, "timbre", "measure how fast notes of NSynth and GANSynth are made, beside Magenta's")
    add_json(timbre)
    timbre.add_argument(
        "--model", action="append", choices=TIMBRES, help="which model; may be given repeatedly (else all)"
    )
    timbre.add_argument("--quick", action="store_true", help="take rough figures, to see that it works")
    timbre.set_defaults(command=_timbre)
    endless = add_command(actions, "loops", "measure whether memory, descriptors or threads grow with loops")
    add_json(endless)
    endless.add_argument(
        "--count", type=_count, default=100_000, metavar="N", help="how many loops; 100000 if nothing is said"
    )
    endless.add_argument("--models", action="store_true", help="have models compose them, which takes longer")
    endless.add_argument("--traced", action="store_true", help="trace Python's own memory as well, which takes longer")
    endless.set_defaults(command=_loops)


def _compose(options: argparse.Namespace) -> int:
    from reverie.bench.processes import measure
    from reverie.bench.targets import lines

    report = measure(tuple(dict.fromkeys(options.configs or DEFAULTS)), quick=options.quick)
    print(json.dumps(report, indent=2) if options.json else "\n".join(lines(report)))
    return 0


def _play(options: argparse.Namespace) -> int:
    from reverie.bench.play import measure
    from reverie.bench.play_targets import lines

    report = measure(options.seconds, tuple(dict.fromkeys(options.load or LOADS)))
    print(json.dumps(report, indent=2) if options.json else "\n".join(lines(report)))
    return 0


def _timbre(options: argparse.Namespace) -> int:
    from reverie.bench.timbre import lines, measure

    report = measure(tuple(dict.fromkeys(options.model or TIMBRES)), quick=options.quick)
    print(json.dumps(report, indent=2) if options.json else "\n".join(lines(report)))
    return 0


def _loops(options: argparse.Namespace) -> int:
    from reverie.rehearsal.endurance import EnduranceSample, endure, lines

    def tell(sample: EnduranceSample) -> None:
        print(f"{sample.loops:,} of {options.count:,} loops, {sample.rss / 1e6:.1f} MB", file=sys.stderr, flush=True)

    report = endure(options.count, models=options.models, traced=options.traced, progress=tell)
    print(json.dumps(report.as_json()) if options.json else "\n".join(lines(report)))
    return 0


def _count(text: str) -> int:
    if not text.isdecimal() or not _FEWEST_LOOPS <= int(text) <= _MOST_LOOPS:
        raise argparse.ArgumentTypeError(
            f"loops are a whole number from {_FEWEST_LOOPS} to {_MOST_LOOPS}, not {text!r}"
        )
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = duration(text)
    except argparse.ArgumentTypeError:
        seconds = 0.0
    if not 1 <= seconds <= _MOST:
        raise argparse.ArgumentTypeError(f"seconds of music are 1 to {_MOST}, not {text!r}")
    return seconds
