"""TensorFlow's and Magenta's files, written without them, with right checksums whatever is in them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.library.formats.crc32c import masked_crc32c

Rows = Sequence[tuple[bytes, bytes]]
_MAGIC = bytes.fromhex("57fb808b247547db")


def varint(value: int) -> bytes:
    """A number of variable length."""
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*data, value])


def field(number: int, value: int | bytes | str) -> bytes:
    """A field of a protocol buffer."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def table(rows: Rows) -> bytes:
    """A sorted string table of one block."""
    data = _block(rows)
    index = _block([(rows[-1][0] if rows else b"", _handle(0, len(data)))])
    meta = _block([])
    at_index = len(data) + 5
    at_meta = at_index + len(index) + 5
    footer = _handle(at_meta, len(meta)) + _handle(at_index, len(index))
    return b"".join([_sealed(data), _sealed(index), _sealed(meta), footer.ljust(40, b"\0"), _MAGIC])


def _handle(begin: int, size: int) -> bytes:
    return varint(begin) + varint(size)


def _block(rows: Rows) -> bytes:
    data = b"".join(varint(0) + varint(len(key)) + varint(len(value)) + key + value for key, value in rows)
    return data + struct.pack("<II", 0, 1)


def _sealed(block: bytes) -> bytes:
    return block + b"\0" + struct.pack("<I", masked_crc32c(block + b"\0"))


def shape_of(sizes: Sequence[int]) -> bytes:
    """A ``TensorShapeProto``."""
    return b"".join(field(2, field(1, size)) for size in sizes)


def rows_of_version_1(tensors: Mapping[str, NDArray[Any]]) -> list[tuple[bytes, bytes]]:
    """The rows of a checkpoint of version 1."""
    meta = b"".join(
        field(1, field(1, name) + field(2, shape_of(tensor.shape)) + field(3, 1)) for name, tensor in tensors.items()
    )
    rows = [(b"", field(1, meta))]
    for name, tensor in sorted(tensors.items()):
        value = field(1, 1) + field(2, shape_of(tensor.shape)) + field(5, tensor.astype("<f4").tobytes())
        rows.append((b"\0" + name.encode(), field(2, field(1, name) + field(3, value))))
    return rows


def graph_of(window: int, forget_bias: float = 1.0) -> bytes:
    """A ``MetaGraphDef`` that shows a window and a cell's gates."""
    shape = field(1, field(7, shape_of([1, window, 1, 4])))
    cell = "rnn/cell_0/"
    bias = field(1, "value") + field(2, field(8, field(1, 1) + field(4, struct.pack("<f", forget_bias))))
    nodes = [
        field(1, "rnn/attention/Conv2D") + field(2, "Conv2D") + field(5, field(1, "_output_shapes") + field(2, shape)),
        field(1, f"{cell}split") + field(2, "Split"),
        field(1, f"{cell}y") + field(2, "Const") + field(5, bias),
        field(1, f"{cell}add") + field(2, "AddV2") + field(3, f"{cell}split:2") + field(3, f"{cell}y"),
        field(1, f"{cell}f") + field(2, "Sigmoid") + field(3, f"{cell}add"),
        field(1, f"{cell}i") + field(2, "Sigmoid") + field(3, f"{cell}split"),
        field(1, f"{cell}j") + field(2, "Tanh") + field(3, f"{cell}split:1"),
        field(1, f"{cell}o") + field(2, "Sigmoid") + field(3, f"{cell}split:3"),
        field(1, "softmax") + field(2, "Softmax") + field(3, f"{cell}o"),
    ]
    softmax = field(1, "softmax") + field(2, field(1, field(1, "softmax:0")))
    return field(2, b"".join(field(1, node) for node in nodes)) + field(4, softmax)


def bundle_of(config: str, rows: Rows, graph: bytes) -> bytes:
    """A ``.mag``."""
    return field(1, field(1, config)) + field(2, table(rows)) + field(3, graph)


def write_version_2(name: Path, entries: Sequence[tuple[str, bytes]], data: bytes, shards: int = 1) -> Path:
    """A checkpoint of version 2: its index, and one file of data."""
    rows = [(b"", field(1, shards)), *((variable.encode(), entry) for variable, entry in entries)]
    name.with_name(f"{name.name}.index").write_bytes(table(rows))
    name.with_name(f"{name.name}.data-00000-of-{shards:05}").write_bytes(data)
    return name


def entries_of_version_2(tensors: Mapping[str, NDArray[Any]]) -> tuple[list[tuple[str, bytes]], bytes]:
    """The entries and the data of a checkpoint of version 2."""
    entries: list[tuple[str, bytes]] = []
    data = b""
    for name, tensor in sorted(tensors.items()):
        part = np.ascontiguousarray(tensor, "<f4").tobytes()
        crc = varint(6 << 3 | 5) + struct.pack("<I", masked_crc32c(part))
        at = field(4, len(data)) + field(5, len(part)) + crc
        entries.append((name, field(1, 1) + field(2, shape_of(tensor.shape)) + at))
        data += part
    return entries, data
