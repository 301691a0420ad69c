"""TensorFlow's checkpoints of both versions, read without TensorFlow.

Version 1 keeps everything in sorted string tables, one or several; version 2 keeps an index in such a table and the
tensors' bytes in data files beside it. Every block and tensor has a checksum, so nothing damaged gets through.

Sources: TensorFlow's ``saved_tensor_slice.proto``, ``tensor_bundle.proto``, ``tensor.proto``, ``types.proto``.
"""

from __future__ import annotations

import glob
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reverie.files import open_file, read_file
from reverie.models.errors import ModelError
from reverie.models.library.formats.crc32c import masked_crc32c
from reverie.models.library.formats.protobuf import DAMAGED, Message, as_text
from reverie.models.library.formats.table import is_table, rows
from reverie.models.library.formats.tensors import LARGEST, Tensors, is_weight

_FLOAT = 1
_COUNTING = {3, 4, 5, 6, 7, 9, 10, 17, 22, 23}
"""Whole numbers, truth values and texts: what training counts with, no weights."""
_TYPES = {2: "float64", 8: "complex64", 14: "bfloat16", 18: "complex128", 19: "float16"}
_LITTLE_ENDIAN = 0
_LONGEST_AXIS = 2**31
_MOST_AXES = 32
_SHARD = re.compile(r"(\.data)?-[\d?]{5}-of-\d{5}$")
_NAMED = re.compile(r'^model_checkpoint_path: "(.*)"$', re.MULTILINE)


def read_checkpoint(path: Path) -> Tensors:
    """The weights in a checkpoint, without what an optimizer remembers.

    Args:
        path: the checkpoint's name as TensorFlow writes it (``model.ckpt-123``), any of its files, or its folder.

    Raises:
        ModelError: if there is none, or it is damaged or has weights of another type than float32.
    """
    name = _name(path)
    try:
        index = name.with_name(f"{name.name}.index")
        if index.is_file():
            return _version_2(name, memoryview(read_file(index, LARGEST)))
        shards = [name] if name.is_file() else sorted(name.parent.glob(f"{glob.escape(name.name)}-?????-of-?????"))
        if not shards:
            raise ModelError("there is no checkpoint of that name; name its .index file, or the folder that it is in")
        return weights_in_tables([read_file(shard, LARGEST) for shard in shards])
    except OSError as error:
        raise ModelError(f"cannot be read ({error.strerror})") from error


def graph_of(path: Path) -> bytes:
    """The graph that lies beside a checkpoint, or nothing.

    Raises:
        ModelError: if it cannot be read.
    """
    name = _name(path)
    meta = name.with_name(f"{name.name}.meta")
    try:
        return read_file(meta, LARGEST) if meta.is_file() else b""
    except OSError as error:
        raise ModelError(f"its {meta.name} cannot be read ({error.strerror})") from error


def is_checkpoint(path: Path) -> bool:
    """Whether a file is part of a checkpoint, or ``path`` the name of one."""
    if path.suffix in {".index", ".meta"} or re.search(r"\.data-\d{5}-of-\d{5}$", path.name):
        return True
    if not path.is_file():
        name = glob.escape(path.name)
        return any(path.parent.glob(f"{name}.index")) or any(path.parent.glob(f"{name}-?????-of-?????"))
    with open_file(path) as file:
        file.seek(max(0, path.stat().st_size - 8))
        return is_table(file.read())


def files_of(path: Path) -> list[Path]:
    """The files of a checkpoint, by whatever it is called; its graph is none of them."""
    name = _name(path)
    return sorted(
        file
        for file in name.parent.iterdir()
        if file == name or (file.name.startswith((f"{name.name}.", f"{name.name}-")) and file.suffix != ".meta")
    )


def _name(path: Path) -> Path:
    """A checkpoint's name, by whatever it was called."""
    if path.is_dir():
        named = path / "checkpoint"
        if named.is_file() and (found := _NAMED.search(read_file(named).decode(errors="replace"))):
            name = path / _SHARD.sub("", Path(found[1]).name)
            if is_checkpoint(name):  # it may have been moved here without the one it names
                return name
        indices = [index for index in sorted(path.rglob("*.index")) if not index.name.startswith(".")]
        if len(indices) != 1:
            raise ModelError(
                f"{len(indices)} checkpoints are in it; name the .index file of one" if indices else "has no model"
            )
        return indices[0].with_suffix("")
    if path.suffix in {".index", ".meta"}:
        return path.with_suffix("")
    return path.with_name(_SHARD.sub("", path.name))


def weights_in_tables(shards: Iterable[bytes | memoryview]) -> Tensors:
    """The weights of a checkpoint of version 1, given its files.

    Raises:
        ModelError: if it is damaged, cut off, or has weights of another type than float32.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    found: Tensors = {}
    for shard in shards:
        for key, value in rows(memoryview(shard)):
            message = Message(value)
            if not key:
                for tensor in message.message(1).messages(1):
                    name = tensor.text(1)
                    if _counts(name, tensor.number(3), len(tensor.all_data(4)) > 1):
                        shapes[name] = _shape(tensor.message(2))
            else:
                slice_ = message.message(2)
                name = slice_.text(1)
                if name in found:
                    raise ModelError(f"{DAMAGED}: {name} is in it twice")
                if name in shapes:
                    found[name] = _tensor(name, shapes[name], _floats(slice_.message(3)))
    return _whole(found, shapes)


def _floats(tensor: Message) -> memoryview:
    """The bytes of a tensor, which stand in either of two places."""
    return tensor.data(4) if 4 in tensor else memoryview(b"".join(tensor.all_data(5)))  # noqa: PLR2004 - field numbers


def _version_2(name: Path, index: memoryview) -> Tensors:
    entries: dict[str, Message] = {}
    shards = 1
    for key, value in rows(index):
        message = Message(value)
        if b"\0" in key:
            continue  # a part of a partitioned variable, which its whole's entry says too
        if key:
            variable = as_text(key)
            if variable in entries:
                raise ModelError(f"{DAMAGED}: {variable} is in it twice")
            entries[variable] = message
        else:
            shards = message.number(1)
            if message.number(2) != _LITTLE_ENDIAN:
                raise ModelError("was written by a computer with the other order of bytes; save it anew on another")
    kept = {
        variable: entry
        for variable, entry in entries.items()
        if _counts(variable, entry.number(1), bool(entry.all_data(7)))
    }
    found: Tensors = {}
    for number in sorted({entry.number(3) for entry in kept.values()}):
        here = {variable: entry for variable, entry in kept.items() if entry.number(3) == number}
        found |= _read_shard(name.with_name(f"{name.name}.data-{number:05}-of-{shards:05}"), here)
    return _whole(found, kept)


def _read_shard(path: Path, entries: Mapping[str, Message]) -> Tensors:
    found: Tensors = {}
    if not path.is_file():
        raise ModelError(f"{path.name}, a part of it, is not there; copy it too")
    with open_file(path) as file:
        size = path.stat().st_size
        if sum(entry.number(5) for entry in entries.values()) > size:  # no two share a byte
            raise ModelError(DAMAGED)
        for variable, entry in entries.items():
            shape = _shape(entry.message(2))
            begin, length = entry.number(4), entry.number(5)
            if begin + length > size:
                raise ModelError(DAMAGED)
            file.seek(begin)
            data = file.read(length)
            if masked_crc32c(data) != entry.number(6):
                raise ModelError(f"{DAMAGED}: {variable} is not what was saved")
            found[variable] = _tensor(variable, shape, data)
    return found


def _counts(name: str, kind: int, partitioned: bool) -> bool:
    """Whether a variable is one of the weights.

    Raises:
        ModelError: if it is, in a form that is not read here.
    """
    if kind in _COUNTING or not is_weight(name):
        return False
    if kind != _FLOAT:
        raise ModelError(f"{name} is of type {_TYPES.get(kind, kind)}; only models of float32 can be read")
    if partitioned:
        raise ModelError(f"{name} was saved in several parts; restore it in TensorFlow and save it whole")
    return True


def _shape(shape: Message) -> tuple[int, ...]:
    sizes = tuple(dimension.number(1) for dimension in shape.messages(2))
    if len(sizes) > _MOST_AXES or any(size >= _LONGEST_AXIS for size in sizes):
        raise ModelError(DAMAGED)
    return sizes


def _tensor(name: str, shape: tuple[int, ...], data: bytes | memoryview) -> NDArray[np.float32]:
    if len(data) != 4 * math.prod(shape):
        raise ModelError(f"{DAMAGED}: {name} has {len(data):,} bytes, and its shape needs {4 * math.prod(shape):,}")
    return np.frombuffer(data, "<f4").astype(np.float32, copy=False).reshape(shape)


def _whole(found: Tensors, expected: Iterable[str]) -> Tensors:
    for name in expected:
        if name not in found:
            raise ModelError(f"{DAMAGED}: {name} is not in it")
    if not found:
        raise ModelError("has no weights in it")
    return found
