"""A picture in 256 colours as PNG, by the standard library.

Source: Portable Network Graphics (PNG) Specification, third edition, W3C 2025: chunks, colour type 3.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
Colour = tuple[int, int, int]


def png(rows: Sequence[bytes], palette: Sequence[Colour]) -> bytes:
    """A picture; each row has a byte for each pixel, which is a place in the palette.

    Raises:
        ValueError: if it has no pixel, rows of several lengths, or a palette of none or more than 256.
    """
    if not rows or not rows[0] or len({len(row) for row in rows}) != 1 or not 0 < len(palette) <= 256:  # noqa: PLR2004
        raise ValueError("a picture has rows of one length, and a palette of 1 to 256 colours")
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", bytes(part for colour in palette for part in colour)),
        (b"IDAT", zlib.compress(b"".join(b"\x00" + row for row in rows), 9)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def data_url(picture: bytes) -> str:
    """A picture as an address that carries it."""
    return "data:image/png;base64," + base64.b64encode(picture).decode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
