"""The far end of a DIN cable: a pseudo-terminal that is read as fast as bytes come."""

from __future__ import annotations

import os
import pty
import threading
import time
import tty

from fakes.legal import LegalStream


class Cable:
    """``device`` is what a slot of kind ``din`` writes to; ``stream`` has read all that came, byte by byte."""

    def __init__(self) -> None:
        self._reading, self._writing = pty.openpty()
        tty.setraw(self._writing)
        self.device = os.ttyname(self._writing)
        self.stream = LegalStream(strays=True)
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def messages(self) -> list[bytes]:
        with self._lock:
            return [message for _, message in self.stream.messages]

    @property
    def ons(self) -> list[tuple[float, bytes]]:
        """When each note was started; velocity 0 ends one."""
        with self._lock:
            rows = list(self.stream.messages)
        return [(at or 0.0, message) for at, message in rows if message[0] & 0xF0 == 0x90 and message[2]]

    def close(self) -> None:
        os.close(self._writing)
        self._thread.join(5)
        os.close(self._reading)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._reading, 4096)
            except OSError:  # the last writer is gone
                return
            with self._lock:
                self.stream.feed(data, time.monotonic())
