"""How the output process of a slot takes its ledger over from the previous one, so that only one ends the open notes.

An output process whose player was killed ends the notes of its slot. Meanwhile the player's next life already starts
another output process for that slot. So each locks the ledger's file for its life, and the next one waits for the lock,
but not for ever: a process that is stopped (SIGSTOP, a frozen container) keeps it. The next one then claims the ledger;
the previous one, if it ever wakes, sees the claim and touches nothing.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from reverie.locks import Hold, try_lock
from reverie.midi.errors import DEVICE_ERRORS, DeviceError, explain, log_line
from reverie.play.outputs.factory import ENDS_WITH_PLAYER, make_output
from reverie.play.outputs.output import Output
from reverie.play.recording.ledger import Ledger

PATIENCE = 6.0
"""Seconds to wait for the previous output process: longer than one that runs can hang."""
ELSEWHERE = 2.0
"""Seconds that an output may take on which notes are open, and that is not the slot's any more."""
AGAIN = 0.02
"""Seconds between looks at what is waited for."""


class LedgerTakeover:
    """The slot's ledger as its output process uses it."""

    def __init__(self, path: Path, slot: str, settings: Mapping[str, Any]) -> None:
        self._path = path
        self._slot = slot
        self._settings = settings
        self._lock: int | None = None
        self._since = time.monotonic()
        self._ledger: Ledger | None = None
        self._claim = b""

    def enter(self) -> bool:
        """Take over, if the previous output process has left; to be called again until it is True.

        What is open elsewhere is ended first, which may take :data:`ELSEWHERE` seconds.
        """
        if not self._is_alone() and time.monotonic() - self._since < PATIENCE:
            return False
        self._ledger = Ledger.at(self._path)
        self._claim = self._ledger.claim()
        end_elsewhere(self._slot, self._ledger, self._settings)
        self._ledger.move_to(self._settings)
        return True

    @property
    def quiet(self) -> bool:
        """Whether nothing is left to end, at least not for us."""
        return self._ledger is None or self._ledger.quiet or not self._ledger.is_claimed_by(self._claim)

    def silence(self, output: Output) -> None:
        """End what is open.

        Raises:
            DeviceError: if the output is lost.
        """
        if self._ledger is not None and not self.quiet:
            self._ledger.close(output)

    def _is_alone(self) -> bool:
        """Whether the lock is ours; where it cannot be had at all there is nobody to wait for."""
        try:
            if self._lock is None:
                self._lock = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return True
        return try_lock(self._lock) is not Hold.TAKEN


def end_elsewhere(
    slot: str,
    ledger: Ledger,
    settings: Mapping[str, Any],
    make: Callable[[str, Mapping[str, Any]], Output] = make_output,
) -> None:
    """End what is open on an output that is not the slot's any more; a failure costs a sentence in the log."""
    place = ledger.place
    if place is None or not ledger.is_elsewhere(settings) or place.get("kind") in ENDS_WITH_PLAYER:
        return
    if not ledger.try_to_close():
        return
    try:
        with contextlib.closing(make(slot, place)) as output:
            output.open()
            limit = time.monotonic() + ELSEWHERE
            while not output.poll():
                if time.monotonic() > limit:
                    raise DeviceError(f"the device was not there within {ELSEWHERE:.0f} s")
                time.sleep(AGAIN)
            ledger.close(output)
    except DEVICE_ERRORS as error:
        log_line(f"slot {slot}: what sounds on its former output could not be ended: {explain(error)}")
