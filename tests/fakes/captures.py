"""Datagrams as a file that Wireshark reads (pcap, link type raw IP)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

RAW_IP = 101


def write_capture(path: Path, datagrams: Iterable[tuple[str, int, str, int, bytes]]) -> None:
    """Each of them is source host and port, destination host and port, and data."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 16, RAW_IP))
        for number, (source, source_port, to, to_port, data) in enumerate(datagrams):
            udp = struct.pack(">HHHH", source_port, to_port, 8 + len(data), 0) + data
            addresses = bytes(map(int, source.split("."))) + bytes(map(int, to.split(".")))
            header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), number & 0xFFFF, 0, 64, 17, 0) + addresses
            frame = header + udp
            file.write(struct.pack("<IIII", number // 1000, number % 1000 * 1000, len(frame), len(frame)) + frame)
