"""A sensor of presence that is read from a file, as the kernel shows a GPIO line."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from reverie.errors import reason_of
from reverie.files import open_file
from reverie.watch.fault_kinds import PRESENCE_SENSOR
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

LOOK = 0.25
"""Seconds between two looks: whoever walks by is seen."""
_LONGEST = 64


class SensorFile:
    """Looks at a file in a thread of its own; what it says is handed on where it has changed, or somebody is there.

    A file that always says the same that nobody is there says nothing: such a sensor may be dead.

    Args:
        path: The file.
        active: What it says, without blanks around it, while somebody is there.
        heard: Told whether somebody is; called in the thread.
        faults: Where it is told that the file cannot be read.
        said: What it has said before, as far as that matters: to say the same after a restart is nothing new.
    """

    def __init__(
        self, path: Path, active: str, heard: Callable[[bool], object], faults: Faults, *, said: bool = False
    ) -> None:
        self._path = path
        self._active = active
        self._heard = heard
        self._faults = faults
        self._said = said
        self._over = threading.Event()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._run, name="sensor-file", daemon=True).start()

    def stop(self) -> None:
        """Look no more; a look that hangs is not waited for."""
        self._over.set()

    def forget(self) -> None:
        """Look no more, as another sensor counts or none: that it cannot be read is no fault any more."""
        self._over.set()
        with self._lock:
            self._faults.clear(PRESENCE_SENSOR, str(self._path))

    def look(self) -> None:
        """Read it once."""
        told, said = "", False
        try:
            with open_file(self._path) as file:
                said = file.read(_LONGEST).decode(errors="replace").strip() == self._active
        except (OSError, ValueError) as error:
            reason = reason_of(error) if isinstance(error, OSError) else str(error)
            told = f"The sensor of presence cannot be read ({self._path}: {reason})"
        with self._lock:
            if not self._over.is_set():
                self._take(told, said=said)

    def _take(self, told: str, *, said: bool) -> None:
        if told:
            self._faults.tell(PRESENCE_SENSOR, str(self._path), told)
            return
        self._faults.clear(PRESENCE_SENSOR, str(self._path))
        if said or said != self._said:
            self._heard(said)
        self._said = said

    def _run(self) -> None:
        while not self._over.wait(LOOK):
            try:
                self.look()
            except Exception:
                log.exception("The sensor of presence could not be looked at; it is again.")
                self._over.wait(10.0)
