"""Somebody who is told of every bar and every note by Open Sound Control, and writes down when each came."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

from pythonosc.osc_message import OscMessage

from fakes.patience import PATIENCE

_BUFFER = 1 << 20
"""Bytes that may wait to be read: nothing is to be lost while the machine stands still."""
_LOOK = 0.1


@dataclass(slots=True)
class HeardBar:
    """A bar that began ``at`` a monotonic second, and how many notes began in it, by the channel (from 1)."""

    number: int
    at: float
    notes: Counter[int] = field(default_factory=Counter[int])


class Lights:
    """Listens while it is entered."""

    def __init__(self) -> None:
        self.bars: list[HeardBar] = []
        self._note, self._begun = 0.0, threading.Condition()
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(_LOOK)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()

    @property
    def slots(self) -> dict[str, dict[str, object]]:
        """The site's slot that sends here."""
        return {"main": {"kind": "osc", "host": "127.0.0.1", "port": self._socket.getsockname()[1]}}

    def next_note(self) -> float:
        """Wait for a note that comes from now on; the monotonic second in which it came.

        Raises:
            TimeoutError: if none comes for as long as tests wait.
        """
        asked = time.monotonic()
        with self._begun:
            if not self._begun.wait_for(lambda: self._note > asked, PATIENCE):
                raise TimeoutError("no note came")
            return self._note

    def heard(self, since: float = 0.0) -> list[HeardBar]:
        """The bars that began after that monotonic second, without the last, which is not over."""
        return [bar for bar in self.bars[:-1] if bar.at > since]

    def silent(self, since: float = 0.0) -> list[int]:
        """The numbers of those bars among them in which no note began."""
        return [bar.number for bar in self.heard(since) if not bar.notes]

    def assert_every_bar_sounded(self, bars: int, since: float = 0.0) -> None:
        """So many bars at least have gone by since that monotonic second, each with a note, and none was left out."""
        heard = self.heard(since)
        assert len(heard) >= bars
        assert [bar.number for bar in heard] == [*range(heard[0].number, heard[0].number + len(heard))]
        assert self.silent(since) == []

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                said = OscMessage(self._socket.recv(65_536))
            except TimeoutError:
                continue
            self._hear(said.address, [*said.params])

    def _hear(self, address: str, said: list[Any]) -> None:
        match address, said:
            case "/reverie/bar", [_, number, *_]:
                self.bars.append(HeardBar(number, time.monotonic()))
            case "/reverie/note", [channel, _, velocity] if velocity:
                if self.bars:
                    self.bars[-1].notes[channel] += 1
                with self._begun:
                    self._note = time.monotonic()
                    self._begun.notify_all()
            case _:
                pass
