"""A bad network: a pair of UDP ports that stands for another, and loses packets both ways."""

from __future__ import annotations

import selectors
import socket
import threading
from random import Random

Place = list[tuple[str, int] | None]
"""Where packets go, in a box of one, as it is learned from those that come."""


def port_pair() -> tuple[socket.socket, socket.socket]:
    """Two sockets at neighbouring ports of the loopback, as RTP-MIDI wants them."""
    while True:
        first, second = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        first.bind(("127.0.0.1", 0))
        try:
            second.bind(("127.0.0.1", first.getsockname()[1] + 1))
        except (OSError, OverflowError):
            first.close()
            second.close()
        else:
            return first, second


def free_port_pair() -> int:
    """The first of two neighbouring ports that were free a moment ago."""
    pair = port_pair()
    port: int = pair[0].getsockname()[1]
    for each in pair:
        each.close()
    return port


class LossyRelay:
    """Stands between one initiator, who talks to ``port``, and a listener; ``loss`` is the share that vanishes."""

    def __init__(self, listener: int, loss: float, seed: int = 0) -> None:
        self.loss = loss
        self.lost = self.carried = 0
        self._chance = Random(seed)
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        near, far = port_pair(), port_pair()
        self.port: int = near[0].getsockname()[1]
        for index in range(2):
            client: Place = [None]
            self._watch(near[index], far[index], [("127.0.0.1", listener + index)], client)
            self._watch(far[index], near[index], client, None)
        self._ends, self._end = socket.socketpair()
        self._selector.register(self._ends, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._end.close()
        self._thread.join()
        for each in (*self._sockets, self._ends):
            each.close()
        self._selector.close()

    def _watch(self, here: socket.socket, there: socket.socket, to: Place, learn: Place | None) -> None:
        self._sockets.append(here)
        self._selector.register(here, selectors.EVENT_READ, (there, to, learn))

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                there, to, learn = key.data
                data, sender = key.fileobj.recvfrom(1 << 16)  # type: ignore[union-attr]
                if learn is not None:
                    learn[0] = sender
                if to[0] is None or self._chance.random() < self.loss:
                    self.lost += 1
                else:
                    self.carried += 1
                    there.sendto(data, to[0])
