"""The command ``reverie``: reads arguments, calls what does the work, prints what came of it."""

from __future__ import annotations

import reverie.cli.beginning  # isort: skip  # pyright: ignore[reportUnusedImport]  # noqa: F401 - it has to come first

import argparse
import contextlib
import io
import os
import signal
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TextIO, cast

from reverie import __version__
from reverie.cli import (
    audition,
    backup,
    bench,
    check,
    daemon,
    day_report,
    doctor,
    history,
    instruments,
    loudness,
    measure,
    models,
    moment,
    notify_test,
    perform,
    ports,
    rehearse,
    run,
    scenes,
    schema,
    timbre,
    train,
)
from reverie.cli import learn as control
from reverie.cli.arguments import FAULT
from reverie.cli.configuration import models_of, slots_of, timbres_of
from reverie.errors import ReverieError, reason_of
from reverie.foreign import OutputError, Printable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 where all went well."""
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # names of files need be no text, nor terminals know all signs
    with _written_out():
        return _carry_out(command_line().parse_args(arguments))


def _carry_out(options: argparse.Namespace) -> int:
    try:
        if not getattr(options, "hears_signals", False) and signal.getsignal(signal.SIGINT) == signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # it can be told from here on
        with contextlib.redirect_stdout(cast("TextIO", Printable(sys.stdout))):
            return options.command(options)
    except ReverieError as error:
        if isinstance(error, OutputError):
            _let_go()
        print(error, file=Printable(sys.stderr))
        return FAULT
    except KeyboardInterrupt:
        print("Interrupted; nothing was left half-written.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader has seen enough
        _let_go()
        return 0
    except OSError as error:  # the system refuses a file or folder: its name and the reason are what helps
        if error.filename is None:
            raise
        print(
            f"{error.filename}: {reason_of(error)}; correct the path, or let this user use it",
            file=Printable(sys.stderr),
        )
        return FAULT


@contextlib.contextmanager
def _written_out() -> Generator[None]:
    """Write out what is kept back in the end, while it can still be told that nobody can take it."""
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:  # a short answer, of which the reader has seen enough: the exit status is the answer's
            _let_go()
        except OSError as error:
            _let_go()
            print(OutputError(error), file=Printable(sys.stderr))
            sys.exit(FAULT)


def _let_go() -> None:
    """Lose what is kept back, which Python would try to write once more, and complain of."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC), sys.stdout.fileno())


def _nowhere() -> TextIO:
    """What stands for a stream that whoever started the command has closed."""
    return Path(os.devnull).open("w", encoding="utf-8")


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
    rehearse.add_parsers(commands)
    loudness.add_parsers(commands)
    measure.add_parsers(commands)
    audition.add_parsers(commands)
    scenes.add_parsers(commands)
    instruments.add_parsers(commands)
    daemon.add_parsers(commands)
    day_report.add_parsers(commands)
    notify_test.add_parsers(commands)
    doctor.add_parsers(commands)
    history.add_parsers(commands)
    moment.add_parsers(commands)
    backup.add_parsers(commands)
    ports.add_parsers(commands, slots_of)
    control.add_parsers(commands)
    models.add_parsers(commands, models_of)
    timbre.add_parsers(commands, timbres_of)
    train.add_parsers(commands, models_of)
    bench.add_parsers(commands)
    schema.add_parsers(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
