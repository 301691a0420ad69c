"""What every source of sound is that a meter can listen to."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class NoWayError(Exception):
    """There is nothing by which this could be heard, and looking again is of no use before the next start."""


class AudioSource(Protocol):
    """A program, a server or a file whose sound is read; it can be lost and found again.

    No call may block for long: the meter's process ends when it does.
    """

    @property
    def rate(self) -> int:
        """Frames a second, once it is open."""
        ...

    @property
    def channels(self) -> int:
        """Samples of each frame."""
        ...

    @property
    def astray(self) -> bool:
        """Whether what is listened to goes to nobody else; False where that cannot be known."""
        ...

    @property
    def lacks(self) -> str | None:
        """One plain sentence about what an open source waits for; None while it hears."""
        ...

    def open(self) -> str:
        """Begin to listen; to what, in one sentence.

        Raises:
            DeviceError: if it is not there; its text says what to do.
            NoWayError: if it never will be.
        """
        ...

    def check(self) -> None:
        """See whether it is still there; called now and then.

        Raises:
            DeviceError: if it is not.
        """
        ...

    def read(self) -> NDArray[np.float32]:
        """What was heard since the last call, without waiting: frames by channels, full scale being 1."""
        ...

    def close(self) -> None:
        """Listen no more; harmless if nothing is open."""
        ...
