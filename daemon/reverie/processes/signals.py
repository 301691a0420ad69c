"""Which signals a process of Reverie heeds, whatever those who started it had set.

A shell starts what runs in the background with SIGINT ignored, ``nohup`` with SIGHUP ignored, and others have blocked
signals or ignored the ends of their children: all of it is inherited. The other way about, most signals end a process
that has said nothing about them, and a process that is still importing has said nothing yet. This module imports
next to nothing, so that it can be used before anything else.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Generator, Iterable, Mapping

_ASKED = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGTERM})
"""What the conductor is asked by: to read again, and to leave."""
_NAMES = ("HUP", "USR1", "USR2", "ALRM", "VTALRM", "PROF", "IO", "PWR", "STKFLT", "TTIN", "TTOU", "PIPE", "XFSZ")
_FOR_NOBODY = frozenset(getattr(signal, f"SIG{name}") for name in _NAMES if hasattr(signal, f"SIG{name}")) | frozenset(
    range(signal.SIGRTMIN, signal.SIGRTMAX + 1) if hasattr(signal, "SIGRTMIN") else ()
)
"""What means nothing to any process of Reverie's, and must not end or stop one."""


def be_steady(*ignored: signal.Signals) -> None:
    """Ignore what is for nobody, and ``ignored``; hear of children that end; let all other signals come.

    The handlers of other signals are the caller's to set, before this, if one may be waiting already.
    """
    for number in _FOR_NOBODY.union(ignored):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def be_endable() -> None:
    """Let Ctrl-C end the process without a word, and hear of children that end."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD))


def be_interruptible() -> None:
    """Let Ctrl-C raise KeyboardInterrupt, and hear of children that end."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD))


def hold() -> None:
    """Let what the conductor is asked wait until :func:`release`, and ignore what is for nobody."""
    signal.pthread_sigmask(signal.SIG_SETMASK, _ASKED)
    for number in _FOR_NOBODY - _ASKED:
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGCHLD, *_ASKED):  # what is ignored does not wait, it is lost
        signal.signal(number, signal.SIG_DFL)


def release() -> bool:
    """Hear what has waited since :func:`hold`; False if nothing was held."""
    before = signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKED)
    return bool(_ASKED & before)


def heed(loop: AbstractEventLoop, handlers: Mapping[signal.Signals, Callable[[], object]]) -> None:
    """Let the loop call what belongs to a signal.

    asyncio's own handlers will not do: when its loop ends they give each signal its usual meaning back, which is death.
    """
    for number, handler in handlers.items():
        signal.signal(number, partial(_call_soon, loop, handler))


def heed_no_more(numbers: Iterable[signal.Signals]) -> None:
    """Ignore what was heeded, to the last moment of the process, whichever thread hears it."""
    sys.unraisablehook = _tell_of_no_race
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


def _call_soon(loop: AbstractEventLoop, handler: Callable[[], object], *_: object) -> None:
    loop.call_soon_threadsafe(handler)


def _tell_of_no_race(unraisable: sys.UnraisableHookArgs) -> None:
    """Python writes a traceback for a signal that comes at the moment from which it is ignored: it is ignored, too."""
    if not (isinstance(unraisable.exc_value, OSError) and "race condition" in str(unraisable.exc_value)):
        sys.__unraisablehook__(unraisable)


def asked_to_leave() -> bool:
    """Whether a signal that ends the daemon waits."""
    return bool(signal.sigpending() & {signal.SIGINT, signal.SIGTERM})


@contextlib.contextmanager
def held_at_birth() -> Generator[None]:
    """Start a child of Reverie's own within this: its signals wait until it has called :func:`be_steady`."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (*_FOR_NOBODY, *_ASKED))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
