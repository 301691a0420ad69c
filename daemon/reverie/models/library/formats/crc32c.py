"""CRC-32C, with which TensorFlow's files guard every block and tensor; fast enough for hundreds of megabytes.

A CRC's register after some bytes is the register after as many zeros, plus (exclusive or) what the bytes alone bring.
So the data is laid out as rows that are worked through side by side, and the rows' registers are put together.

Source: RFC 3720, appendix B.4 (polynomial 0x1EDC6F41, reflected); the mask is that of TensorFlow's and LevelDB's files.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL = 0x82F63B78
_ALL = 0xFFFFFFFF
_ROW = 1024
_MANY = 32
"""Rows from which on it is faster to work through them side by side: records of examples are shorter."""
_MASK = 0xA282EAD8

_Words = NDArray[np.uint32]


def masked_crc32c(data: bytes | memoryview) -> int:
    """The checksum as it stands in files: turned and moved, so that a checksum of checksums is none by accident."""
    checksum = crc32c(data)
    return ((checksum >> 15 | checksum << 17) + _MASK) & _ALL


def crc32c(data: bytes | memoryview) -> int:
    """CRC-32C of some bytes."""
    array = np.frombuffer(data, np.uint8)
    whole = len(array) // _ROW * _ROW if len(array) >= _MANY * _ROW else 0
    rows = _advance(np.zeros(whole // _ROW, np.uint32), array[:whole].reshape(-1, _ROW)) if whole else array[:0]
    lowest, low, high, highest = _after_a_row_of_zeros()
    register = _ALL
    side_by_side: list[int] = rows.tolist()
    for row in side_by_side:
        register = (
            row
            ^ lowest[register & 0xFF]
            ^ low[register >> 8 & 0xFF]
            ^ high[register >> 16 & 0xFF]
            ^ highest[register >> 24]
        )
    table = _numbers()
    rest: list[int] = array[whole:].tolist()
    for byte in rest:
        register = table[(register ^ byte) & 0xFF] ^ register >> 8
    return register ^ _ALL


def _advance(registers: _Words, rows: NDArray[np.uint8]) -> _Words:
    """Each register after the bytes of its row."""
    table = _table()
    for column in rows.T:
        registers = table[(registers ^ column) & 0xFF] ^ registers >> np.uint32(8)
    return registers


@functools.cache
def _table() -> _Words:
    words = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        words = np.where(words & 1, words >> np.uint32(1) ^ np.uint32(_POLYNOMIAL), words >> np.uint32(1))
    return words


@functools.cache
def _numbers() -> list[int]:
    return _table().tolist()


@functools.cache
def _after_a_row_of_zeros() -> list[list[int]]:
    """What each value of each of a register's four bytes becomes, to be put together by exclusive or."""
    starts = np.arange(256, dtype=np.uint32) << (8 * np.arange(4, dtype=np.uint32))[:, None]
    return _advance(starts.reshape(-1), np.zeros((1024, _ROW), np.uint8)).reshape(4, 256).tolist()
