"""A control surface on JACK, moved by a hand: real messages, over and over until whoever waits has heard enough."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from typing import Any

Hand = AbstractContextManager[None]
EVERY = 0.03


class Surface:
    """A MIDI output of others."""

    def __init__(self, name: str) -> None:
        rtmidi: Any = importlib.import_module("rtmidi")
        self._out: Any = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name=name)
        self._out.open_virtual_port("out")

    def send(self, *message: int) -> None:
        self._out.send_message(message)

    def close(self) -> None:
        if self._out is not None:
            self._out.close_port()
            self._out.delete()
            self._out = None

    @contextlib.contextmanager
    def moving(self, *messages: Sequence[int]) -> Generator[None]:
        """Send these in turn, again and again, while the context lasts."""
        stop = threading.Event()

        def move() -> None:
            while not stop.is_set():
                for message in messages:
                    if stop.wait(EVERY):
                        return
                    self.send(*message)

        thread = threading.Thread(target=move)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextlib.contextmanager
def surface(name: str) -> Generator[Callable[..., Hand]]:
    """A surface that is there, and a way to move it."""
    there = Surface(name)
    try:
        yield there.moving
    finally:
        there.close()
