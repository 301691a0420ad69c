"""A wire with delay: ``python -m fakes.slow_wire PORT HOST PORT``, datagrams there and back, 1 to 8 ms each way.

One in fifty is lost. Where the kernel has no netem, this stands in for it.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable

LEAST, MORE, LOST = 0.001, 0.007, 0.02


class Hearing(asyncio.DatagramProtocol):
    """Hands on what comes."""

    def __init__(self, came: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._came = came

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if random.random() > LOST:
            asyncio.get_running_loop().call_later(LEAST + MORE * random.random(), self._came, data, addr)


async def carry(port: int, there: tuple[str, int]) -> None:
    """Between whoever asks at a port of this machine, and another machine."""
    loop = asyncio.get_running_loop()
    asker: list[tuple[str, int]] = []

    def ask(data: bytes, address: tuple[str, int]) -> None:
        asker[:] = [address]
        far.sendto(data)

    near, _ = await loop.create_datagram_endpoint(lambda: Hearing(ask), local_addr=("127.0.0.1", port))
    far, _ = await loop.create_datagram_endpoint(
        lambda: Hearing(lambda data, _: near.sendto(data, asker[0])), remote_addr=there
    )
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(carry(int(sys.argv[1]), (sys.argv[2], int(sys.argv[3]))))
