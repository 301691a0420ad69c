"""Browsers as a device: what goes there is heard by whoever has the page open and has touched Listen.

Nothing is sent from here. The page is told every bar by the conductor, and plays it by itself, so this device is always
there and never late; whether anybody listens, nobody here knows.
"""

from __future__ import annotations

from reverie.play.outputs.output import Output


class Browsers(Output):
    """Takes everything. ``page`` is the address that people are told."""

    def __init__(self, page: str = "") -> None:
        self._page = page

    @property
    def description(self) -> str:
        """What to do to hear it."""
        return f"browsers play it: open {self._page} and press Listen"

    def open(self) -> None:
        """There is nothing to connect to."""

    def poll(self) -> bool:
        """It is always there."""
        return True

    def send(self, message: bytes) -> None:
        """Nothing is to be sent: the page knows the notes."""

    def close(self) -> None:
        """There is nothing to let go of."""
