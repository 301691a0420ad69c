"""The messages of the MIDI Sample Dump Standard, both ways.

The layout is that of the MIDI 1.0 Detailed Specification (Universal Non-Real Time, sub-ids 01 to 03 and 7C to 7F). Its
text was not at hand; used were descriptions of it that agree in every number. Words are unsigned, so that silence is in
the middle, and lie left-justified in bytes of seven bits, the highest first: 8 to 14 bits take two bytes, 15 to 21
three, 22 to 28 four.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

FEWEST_BITS, MOST_BITS = 8, 28
DATA = 120
"""Bytes of a packet that are words."""
COUNT = 128
"""Packets are numbered from 0 to 127, over and over."""
MOST_WORDS = 1 << 21
MOST_SAMPLES = 1 << 14
ANYONE = 0x7F
"""The channel that means every device."""
_EXCLUSIVE, _UNIVERSAL, _END = 0xF0, 0x7E, 0xF7
_HEADER, _PACKET = 0x01, 0x02
_FORWARD, _NO_LOOP = 0x00, 0x7F
_ANSWER_LENGTH = 6


class DumpAnswer(IntEnum):
    """What a receiver says of a packet, by its number."""

    WAIT = 0x7C
    CANCEL = 0x7D
    NAK = 0x7E
    ACK = 0x7F


@dataclass(frozen=True, slots=True)
class Words:
    """A sample as it is sent.

    ``values`` are unsigned whole numbers of ``bits`` bits [words]; ``loop`` its first word and its last; ``number`` is
    the sampler's own, 0 to 16383.
    """

    values: NDArray[np.int64]
    bits: int
    rate: int
    number: int
    loop: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse what no message can say.

        Raises:
            ValueError: if it is such.
        """
        if not FEWEST_BITS <= self.bits <= MOST_BITS:
            raise ValueError(f"words have {FEWEST_BITS} to {MOST_BITS} bits, not {self.bits}")
        if not 0 < len(self.values) < MOST_WORDS:
            raise ValueError(f"a sample has 1 to {MOST_WORDS - 1} words, not {len(self.values)}")
        if not 0 <= self.number < MOST_SAMPLES:
            raise ValueError(f"samples are numbered 0 to {MOST_SAMPLES - 1}, not {self.number}")


def messages(words: Words, channel: int) -> list[bytes]:
    """The header and then every packet of a sample, to the devices with a channel from 0 to 127."""
    return [_header(words, channel), *_packets(words, channel)]


def pack(values: NDArray[np.int64], bits: int) -> bytes:
    """Words as bytes of seven bits."""
    size = bytes_of(bits)
    justified = values.astype(np.int64) << (7 * size - bits)
    shifts = 7 * np.arange(size - 1, -1, -1)
    return (justified[:, None] >> shifts & 0x7F).astype(np.uint8).tobytes()


def bytes_of(bits: int) -> int:
    """How many bytes a word of so many bits takes."""
    return -(-bits // 7)


def answer(kind: DumpAnswer, packet: int, channel: int) -> bytes:
    """What is said of a packet."""
    return bytes((_EXCLUSIVE, _UNIVERSAL, channel, kind, packet % COUNT, _END))


def read_answer(message: Sequence[int], channel: int) -> tuple[DumpAnswer, int] | None:
    """What a message says of which packet; None if it is no answer to us."""
    if len(message) != _ANSWER_LENGTH or (message[0], message[1], message[-1]) != (_EXCLUSIVE, _UNIVERSAL, _END):
        return None
    ours = message[2] in {channel, ANYONE} or channel == ANYONE
    return (DumpAnswer(message[3]), message[4]) if ours and message[3] in set(DumpAnswer) else None


def _header(words: Words, channel: int) -> bytes:
    length = len(words.values)
    first, last = words.loop or (0, length - 1)
    return bytes(
        (
            *(_EXCLUSIVE, _UNIVERSAL, channel, _HEADER),
            *_sevens(words.number, 2),
            words.bits,
            *_sevens(round(1e9 / words.rate), 3),
            *_sevens(length, 3),
            *_sevens(first, 3),
            *_sevens(last, 3),
            _FORWARD if words.loop else _NO_LOOP,
            _END,
        )
    )


def _packets(words: Words, channel: int) -> list[bytes]:
    data = pack(words.values, words.bits)
    result: list[bytes] = []
    for at in range(0, len(data), DATA):
        body = bytes((_UNIVERSAL, channel, _PACKET, at // DATA % COUNT)) + data[at : at + DATA].ljust(DATA, b"\0")
        result.append(bytes((_EXCLUSIVE, *body, _checksum(body), _END)))
    return result


def _checksum(body: bytes) -> int:
    return int(np.bitwise_xor.reduce(np.frombuffer(body, np.uint8))) & 0x7F


def _sevens(value: int, count: int) -> bytes:
    """A number in bytes of seven bits, the lowest first."""
    return bytes(value >> 7 * place & 0x7F for place in range(count))
