"""The error of devices, and how it is told."""

from __future__ import annotations

import os
import sys

from reverie.errors import ReverieError
from reverie.foreign import plain
from reverie.processes.descriptors import writable


class DeviceError(ReverieError):
    """A device or port that cannot be used, or was lost; its text is what the slot reports."""


_LINE = 4096
"""Bytes of a line; a pipe that is writable takes as many at once (pipe(7))."""
DEVICE_ERRORS = (DeviceError, OSError, ImportError)
"""All errors by which a device, a program or a library outside Reverie fails; they must stop its slot alone."""


def explain(error: Exception) -> str:
    """What a person can do about one of :data:`DEVICE_ERRORS`, in one plain sentence."""
    match error:
        case OSError():
            what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            return f"the system refuses it ({what}); give it to the user that Reverie runs as, or mend the slot"
        case ImportError():
            return f"a library does not load ({error}); install it, or Reverie anew"
        case _:
            return str(error)


def log_line(sentence: str) -> None:
    """Write a line into the log, unless nobody reads that: a full pipe must not hold up the music."""
    try:
        descriptor = sys.stderr.fileno()
        if writable(descriptor):
            os.write(descriptor, f"{plain(sentence, _LINE // 4)}\n".encode()[:_LINE])
    except (OSError, ValueError):  # there is no log any more
        return
