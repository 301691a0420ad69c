"""Protocol buffers' wire format, as much of it as reading a few known messages takes.

Source: https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from collections.abc import Iterator

from reverie.models.errors import ModelError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10

DAMAGED = "is damaged, or cut off; copy or pull it again"


def read_varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends.

    Raises:
        ModelError: if the data ends in the midst of it.
    """
    value = 0
    for place, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            return value, at + place + 1
    raise ModelError(DAMAGED)


class Message:
    """A message's fields by their numbers.

    A field that is not there has its default, as protocol buffers have it; one of another type than asked for means
    that the data is damaged, and raises a ModelError like all else that cannot be read.
    """

    def __init__(self, data: bytes | memoryview) -> None:
        self._fields: dict[int, list[int | memoryview]] = {}
        for number, value in _fields(memoryview(data)):
            self._fields.setdefault(number, []).append(value)

    def number(self, field: int, default: int = 0) -> int:
        """A whole number, or the bits of one of fixed length."""
        value = self._fields.get(field, [default])[-1]
        if not isinstance(value, int):
            raise ModelError(DAMAGED)
        return value

    def data(self, field: int) -> memoryview:
        """Bytes."""
        return self.all_data(field)[-1] if field in self._fields else memoryview(b"")

    def all_data(self, field: int) -> list[memoryview]:
        """Bytes that may stand there more than once."""
        values = self._fields.get(field, [])
        found = [value for value in values if isinstance(value, memoryview)]
        if len(found) != len(values):
            raise ModelError(DAMAGED)
        return found

    def text(self, field: int) -> str:
        """Text."""
        return as_text(self.data(field))

    def message(self, field: int) -> Message:
        """A message."""
        return Message(self.data(field))

    def messages(self, field: int) -> list[Message]:
        """Messages that may stand there more than once."""
        return [Message(data) for data in self.all_data(field)]

    def __contains__(self, field: int) -> bool:
        return field in self._fields


def as_text(data: bytes | memoryview) -> str:
    """Text that must be UTF-8.

    Raises:
        ModelError: if it is not.
    """
    try:
        return bytes(data).decode()
    except UnicodeDecodeError as error:
        raise ModelError(DAMAGED) from error


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = read_varint(data, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = read_varint(data, at)
        elif kind in {_FIXED32, _FIXED64}:
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ModelError(DAMAGED)
        if at + size > len(data):
            raise ModelError(DAMAGED)
        field = data[at : at + size]
        at += size
        yield number, field if kind == _BYTES else int.from_bytes(field, "little")
