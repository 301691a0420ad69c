"""The command ``reverie``: reads arguments, calls what does the work, prints what came of it."""

from __future__ import annotations

import reverie.cli.beginning  # isort: skip  # pyright: ignore[reportUnusedImport]  # noqa: F401 - it has to come first

import argparse
import contextlib
import io
import signal
import sys
from collections.abc import Sequence
from typing import TextIO, cast

from reverie import __version__
from reverie.cli import bench, check, daemon, instruments, models, perform, ports, run, scenes, schema, timbre
from reverie.cli import learn as control
from reverie.cli.arguments import FAULT
from reverie.cli.configuration import models_of, slots_of, timbres_of
from reverie.errors import ReverieError, reason_of
from reverie.foreign import Printable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 where all went well."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # names of files need be no text, nor terminals know all signs
    options = command_line().parse_args(arguments)
    try:
        if not getattr(options, "hears_signals", False) and signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
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
        print(
            f"{error.filename}: {reason_of(error)}; correct the path, or let this user use it",
            file=Printable(sys.stderr),
        )
        return FAULT


def command_line() -> argparse.ArgumentParser:
    """The parser of every command and its arguments."""
    parser = argparse.ArgumentParser(
        prog="reverie",
        description="The music of an installation that nobody attends.",
        epilog="`reverie COMMAND --help` explains a command and its arguments.",
    )
    parser.add_argument("--version", action="version", version=f"Reverie {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run.add_parsers(commands)
    check.add_parsers(commands)
    perform.add_parsers(commands)
    scenes.add_parsers(commands)
    instruments.add_parsers(commands)
    daemon.add_parsers(commands)
    ports.add_parsers(commands, slots_of)
    control.add_parsers(commands)
    models.add_parsers(commands, models_of)
    timbre.add_parsers(commands, timbres_of)
    bench.add_parsers(commands)
    schema.add_parsers(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
