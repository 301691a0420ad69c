"""Sorted string tables, in which TensorFlow keeps its checkpoints: LevelDB's format, not compressed.

Source: https://github.com/google/leveldb/blob/main/doc/table_format.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from reverie.models.errors import ModelError
from reverie.models.library.formats.crc32c import masked_crc32c
from reverie.models.library.formats.protobuf import DAMAGED, read_varint

_MAGIC = bytes.fromhex("57fb808b247547db")
_FOOTER = 48
_TRAILER = 5
"""Bytes after a block: how it is compressed, and its checksum."""

_WORD = 4
_LONGEST_KEY = 4096
"""Bytes; a key is a variable's name, and which part of it."""


def is_table(data: bytes | memoryview) -> bool:
    """Whether the data ends as a table does."""
    return bytes(data[-len(_MAGIC) :]) == _MAGIC


def rows(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """All keys and values of a table.

    Raises:
        ModelError: if it is damaged or compressed.
    """
    if len(data) < _FOOTER or not is_table(data):
        raise ModelError(DAMAGED)
    footer = data[-_FOOTER:]
    _, at = _handle(footer, 0)  # the index of what else there is, which nothing here has
    index, _ = _handle(footer, at)
    end = 0
    for _, handle in _entries(_block(data, index)):
        place, _ = _handle(handle, 0)
        if place[0] < end:  # blocks follow each other; one that came again and again would never end
            raise ModelError(DAMAGED)
        end = sum(place)
        yield from _entries(_block(data, place))


def _handle(data: memoryview, at: int) -> tuple[tuple[int, int], int]:
    """Where a block begins and how long it is; and where the handle ends."""
    begin, at = read_varint(data, at)
    size, at = read_varint(data, at)
    return (begin, size), at


def _block(data: memoryview, place: tuple[int, int]) -> memoryview:
    begin, size = place
    end = begin + size
    if end + _TRAILER > len(data):
        raise ModelError(DAMAGED)
    if masked_crc32c(data[begin : end + 1]) != int.from_bytes(data[end + 1 : end + _TRAILER], "little"):
        raise ModelError(DAMAGED)
    if data[end]:
        raise ModelError("is compressed, which cannot be read here; restore it in TensorFlow and save it anew")
    return data[begin:end]


def _entries(block: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The rows of a block; each key is given by how much of the last one it begins with, and what follows."""
    restarts = int.from_bytes(block[-_WORD:], "little")
    end = len(block) - _WORD * (1 + restarts)
    key, at = b"", 0
    while at < end:
        shared, at = read_varint(block, at)
        added, at = read_varint(block, at)
        size, at = read_varint(block, at)
        if shared > len(key) or shared + added > _LONGEST_KEY or at + added + size > end:
            raise ModelError(DAMAGED)
        key = key[:shared] + bytes(block[at : at + added])
        at += added
        yield key, block[at : at + size]
        at += size
