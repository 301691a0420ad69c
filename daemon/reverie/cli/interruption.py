"""What ends a long command early: Ctrl-C, a terminal that is closed, a service that is stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Generator
from typing import Any

INTERRUPTED = 130
"""The exit status of a command that was interrupted."""
GOES_ON = "Interrupted; what was done is kept, and the same command goes on from there."
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STDERR = 2


def interruptible(command: Callable[[], int], sentence: str) -> int:
    """Run a command that whatever ends it ends like Ctrl-C: it clears up, says a sentence, and has the status of that.

    A second signal does not wait until it has cleared up. That is for commands whose files are whole at any moment, so
    that nothing is lost.

    Returns:
        The command's status, or :data:`INTERRUPTED`.
    """
    heard: list[int] = []
    told: list[str] = []

    def hear(number: int, _: Any) -> None:
        if heard:
            if not told:
                _write(f"\n{sentence}\n")
            os._exit(INTERRUPTED)
        heard.append(number)
        raise KeyboardInterrupt

    with _heard_by(hear) as numbers:
        try:
            return command()
        except KeyboardInterrupt:
            signal.pthread_sigmask(signal.SIG_BLOCK, numbers)  # it is said once, whatever comes meanwhile
            _write(f"{sentence}\n")
            told.append(sentence)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
            return INTERRUPTED


@contextlib.contextmanager
def ended_at_whole_steps() -> Generator[Callable[[], bool]]:
    """Let the first signal only be noted, for what ends at the next whole step; the second interrupts at once.

    What is given says whether there was one.
    """
    heard: list[int] = []

    def hear(number: int, frame: Any) -> None:
        if heard:
            signal.default_int_handler(number, frame)
        heard.append(number)
        _write("\nAfter this step it ends; Ctrl-C once more ends it at once.\n")

    with _heard_by(hear):
        yield lambda: bool(heard)


@contextlib.contextmanager
def all_imported() -> Generator[None]:
    """Let signals wait until a package is imported: some of them swallow an exception that comes meanwhile."""
    heard: list[int] = []
    with _heard_by(lambda number, _: heard.append(number)):
        yield
    if heard:
        raise KeyboardInterrupt


@contextlib.contextmanager
def _heard_by(hear: Callable[[int, Any], None]) -> Generator[tuple[signal.Signals, ...]]:
    """Let all signals that end a command be heard, but for those that are ignored, as by ``nohup``."""
    numbers = tuple(number for number in _ENDING if signal.getsignal(number) != signal.SIG_IGN)
    before = {number: signal.signal(number, hear) for number in numbers}
    try:
        yield numbers
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _write(text: str) -> None:
    """To the terminal at once, past what is kept back; it may be closed."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    with contextlib.suppress(OSError):
        os.write(_STDERR, text.encode())
