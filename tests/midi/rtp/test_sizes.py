"""How large the packets get that carry a journal."""

from __future__ import annotations

from random import Random

import pytest

from fakes.rtp import Ether
from reverie.midi.rtp.packets import read_session_packet
from reverie.midi.rtp.session import Port

MINUTES = 5


def minutes_of_dense_music(confirms: bool) -> list[list[int]]:
    """Sizes of the packets of each minute: eight channels, each with eight notes a second and a moving controller."""
    chance = Random(1)
    ether = Ether()
    ether.add("reverie", "mac")
    ether.add("mac")
    ether.run(0.1)
    ether.carries = lambda port, data: confirms or data[2:4] != b"RS"
    session = ether.sessions["reverie"]
    sizes: list[list[int]] = []
    for _ in range(MINUTES):
        ether.sent.clear()
        for tick in range(60 * 8):
            for channel in range(8):
                pitch = chance.randrange(36, 84)
                session.send((bytes((0x90 | channel, pitch, 90)),), ether.now)
                session.send((bytes((0xB0 | channel, 1, tick % 128)),), ether.now)
                ether.run(0.125 / 8)
                session.send((bytes((0x80 | channel, pitch, 0)),), ether.now)
        ether.deliver()
        sizes.append([len(data) for _, port, data in ether.sent if port is Port.DATA and not read_session_packet(data)])
    return sizes


@pytest.mark.slow
@pytest.mark.parametrize("confirms", [True, False])
def test_packets_stay_small_however_long_it_plays(confirms: bool) -> None:
    sizes = minutes_of_dense_music(confirms)
    for minute in sizes:
        print(f"confirms={confirms}: mean {sum(minute) / len(minute):.0f}, largest {max(minute)} bytes")
    assert max(sizes[-1]) <= max(sizes[0]) + 32
    assert max(map(max, sizes)) < 1472, "each fits into one Ethernet frame"
