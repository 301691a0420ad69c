"""The command ``reverie``: reads arguments, calls what does the work, prints what came of it."""

from __future__ import annotations

import reverie.cli.beginning  # isort: skip  # pyright: ignore[reportUnusedImport]  # noqa: F401 - it has to come first

import argparse
import contextlib
import io
import json
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from reverie import __version__
from reverie.cli import bench, daemon, models, ports, timbre
from reverie.cli import learn as control
from reverie.errors import ReverieError, reason_of
from reverie.foreign import Printable

if TYPE_CHECKING:
    from reverie.cli.timbre import TimbreResources
    from reverie.site.schema import Site

FAULT = 1
"""The exit status where what was asked for is at fault; 2 is argparse's, for wrong arguments."""
NOTHING_NEW = 3
"""The exit status of a performance that was written, and in which a voice repeats itself as it gets no new loop."""
MOST_BARS = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 where all went well."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # names of files need be no text, nor terminals know all signs
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if options.command is not _run and signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # it can be told from here on
        with contextlib.redirect_stdout(cast("TextIO", Printable(sys.stdout))):
            return options.command(options)
    except ReverieError as error:
        print(error, file=Printable(sys.stderr))
        return FAULT
    except KeyboardInterrupt:
        print("Interrupted; nothing was left half-written.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader has seen enough
        sys.stderr.close()
        return 0
    except OSError as error:  # the system refuses a file or folder: its name and the reason are what helps
        if error.filename is None:
            raise
        print(f"{error.filename}: {reason_of(error)}; mend the path, or what keeps from it", file=Printable(sys.stderr))
        return FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="reverie", description="The music of an installation that nobody attends.")
    parser.add_argument("--version", action="version", version=f"Reverie {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="play until stopped")
    run.add_argument("--scene", metavar="NAME", help="begin with this scene")
    run.add_argument("--for", dest="seconds", type=_duration, metavar="DURATION", help="stop after 90s, 5m or 2h")
    run.set_defaults(command=_run)

    check = commands.add_parser("check", help="check scenes and configurations; say path:line:column of each fault")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    check.add_argument(
        "--play", action="store_true", help="also compose some loops of each scene, and say which voice gets none"
    )
    check.add_argument("--loops", type=_positive, default=16, metavar="N", help="with --play: of each voice (16)")
    check.set_defaults(command=_check)

    perform = commands.add_parser("perform", help="write what a scene would play into files, faster than it sounds")
    perform.add_argument("scene", metavar="SCENE", help="a scene's name, or its file")
    perform.add_argument("--bars", type=_positive, required=True, metavar="N", help="how many bars")
    perform.add_argument("--seed", type=_seed, metavar="S", help="instead of the scene's own")
    perform.add_argument("--midi", type=Path, required=True, metavar="FILE", help="Standard MIDI File to write")
    perform.add_argument("--wav", type=Path, metavar="FILE", help="also render it, with FluidSynth")
    perform.set_defaults(command=_perform)

    schema = commands.add_parser("schema", help="print the JSON Schema of scenes, for editors")
    schema.add_argument("--site", action="store_true", help="that of reverie.yaml instead")
    schema.set_defaults(command=_schema)

    daemon.add_parsers(commands)
    ports.add_parsers(commands, _slots)
    models.add_parsers(commands, _model_folders)
    timbre.add_parsers(commands, _workshop)
    bench.add_parsers(commands)
    control.add_parsers(commands)

    for command in (run, check, perform):
        command.add_argument("--config", type=Path, metavar="FILE", help="the site's configuration")
    for command in (check, perform):
        command.add_argument("--json", action="store_true", help="answer as JSON")
    return parser


def _run(options: argparse.Namespace) -> int:
    from reverie.conductor.run import run

    return run(options.config, options.scene, options.seconds)


def _check(options: argparse.Namespace) -> int:
    from reverie.conductor.check import check, check_and_play

    if options.play:
        faults = check_and_play(options.files, options.config, options.loops)
    else:
        faults = check(options.files, options.config)
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
            print(f"{len(options.files)} {'file is' if len(options.files) == 1 else 'files are'} right.")
    return FAULT if faults else 0


def _perform(options: argparse.Namespace) -> int:
    from reverie.conductor.offline.perform import perform_to_files

    done = perform_to_files(options.config, options.scene, options.bars, options.seed, options.midi, options.wav)
    if options.json:
        print(json.dumps(done))
    else:
        for name in ("midi", "wav"):
            if done.get(name):
                print(f"{done[name]}: {done['notes']} notes in {options.bars} bars")
    return NOTHING_NEW if done["stalled"] else 0


def _schema(options: argparse.Namespace) -> int:
    from reverie.scenes.schema import scene_json_schema
    from reverie.site.schema import site_json_schema

    print(json.dumps(site_json_schema() if options.site else scene_json_schema(), indent=2))
    return 0


def _slots(config: Path | None) -> Mapping[str, Mapping[str, Any]]:
    return _site(config).slots_as_json()


def _model_folders(config: Path | None) -> list[Path]:
    from reverie.conductor.site_resources import model_folders_of
    from reverie.site.load import load_site

    return model_folders_of(load_site(config) if config else _site(config))


def _workshop(config: Path | None) -> TimbreResources:
    from reverie.cli.timbre_resources import workshop_of
    from reverie.site.load import load_site

    return workshop_of(load_site(config) if config else _site(config))


def _site(config: Path | None) -> Site:
    """The configuration that counts; a person is told if it is not the one that was asked for."""
    from reverie.conductor.site_resources import site_in_force

    force = site_in_force(config)
    if force.fault:
        print(f"{force.fault}\nIn its place counts {force.instead}.", file=Printable(sys.stderr))
    return force.site


def _duration(text: str) -> float:
    unit = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(text[-1:])
    number = text[:-1] if unit else text
    try:
        seconds = float(number) * (unit or 1)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"a duration is a number with s, m, h or d, such as 90s or 2h, not {text!r}")
    return seconds


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= MOST_BARS:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to {MOST_BARS} is needed, not {text!r}")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or not int(text) < 2**32:
        raise argparse.ArgumentTypeError(f"a seed is a whole number from 0 to {2**32 - 1}, not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
