"""The model card: what a model is, where it comes from, and what it must answer. It is part of the model's file.

The file is a safetensors file. A checksum in its header covers the whole header, and the header has the checksum of the
weights. Nothing numeric is imported here, so that processes that only name models stay small.

Source of the format: https://huggingface.co/docs/safetensors/index#format.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reverie.files import open_file
from reverie.generations import is_readable, read_as
from reverie.models.errors import ModelError

FORMAT = 1
SUFFIX = ".safetensors"

_CARD = "reverie"
_CHECKSUM = "seal"
_NO_CHECKSUM = "0" * 64
_METADATA = "__metadata__"
_TYPE = "F32"
_BYTES = 4

_LENGTH = struct.Struct("<Q")
_ALIGNMENT = 8
_LONGEST_HEADER = 10_000_000
"""Bytes; the largest model here needs 20,000."""

_MOST_AXES = 32
_LONGEST_AXIS = 2**31

_DAMAGED = "is damaged, or no safetensors file; copy or pull it again"


@dataclass(frozen=True, slots=True)
class Golden:
    """What the model must answer to a fixed question, recorded when it was compiled.

    ``question`` seeds the question (each engine makes its own of it) and ``answer`` are log-probabilities.
    """

    question: int
    answer: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a run-time bundle says of itself.

    ``config`` names the encoding and wiring (:mod:`reverie.models.configs`); sizes are those of the weights and stand
    nowhere else. ``settings`` has what weights do not show, such as the length of an attention window. ``weights`` is
    the SHA-256 of the file's tensor bytes. ``source`` and ``training`` are facts for people: file, URL, licence, data,
    steps, held-out loss.
    """

    name: str
    config: str
    weights: str = ""
    settings: Mapping[str, int | float | bool | str] = field(default_factory=dict[str, int | float | bool | str])
    source: Mapping[str, Any] = field(default_factory=dict[str, Any])
    training: Mapping[str, Any] = field(default_factory=dict[str, Any])
    golden: Golden | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """All of a run-time bundle but its tensors: their shapes by name, in the order in which they follow each other.

    ``begin`` is the byte at which the first begins.
    """

    card: ModelCard
    shapes: Mapping[str, tuple[int, ...]]
    begin: int = 0


def header_bytes(card: ModelCard, shapes: Mapping[str, tuple[int, ...]]) -> bytes:
    """The header, with its checksum, of a file in which float32 tensors of these shapes follow."""
    rows: dict[str, Any] = {}
    at = 0
    for name, shape in shapes.items():
        end = at + _BYTES * math.prod(shape)
        rows[name] = {"dtype": _TYPE, "shape": shape, "data_offsets": (at, end)}
        at = end
    metadata = {_CARD: json.dumps({"format": FORMAT, **asdict(card)}, sort_keys=True), _CHECKSUM: _NO_CHECKSUM}
    text = json.dumps({_METADATA: metadata, **rows}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    header = _LENGTH.pack(len(text)) + text
    return header.replace(_NO_CHECKSUM.encode(), hashlib.sha256(header).hexdigest().encode(), 1)


def read_header(path: Path) -> Header:
    """The header of a run-time bundle, without reading its tensors.

    Raises:
        ModelError: if the file cannot be read, is none of Reverie's models, is cut off, or its header is damaged.
    """
    try:
        with open_file(path) as file:
            prefix = file.read(_LENGTH.size)
            length = _LENGTH.unpack(prefix)[0]
            if length > _LONGEST_HEADER:
                raise ModelError(f"{path}: {_DAMAGED}")
            text = file.read(length)
            size = file.seek(0, 2)
        rows: dict[str, Any] = json.loads(text)
        metadata: dict[str, str] = rows.pop(_METADATA, {})
        begin = _LENGTH.size + length
        end = begin + max((int(row["data_offsets"][1]) for row in rows.values()), default=0)
        shapes = {name: _shape(row["shape"]) for name, row in rows.items()}
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
    except (struct.error, ArithmeticError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path}: {_DAMAGED}") from error
    if size != end:
        raise ModelError(f"{path}: is cut off: {size:,} bytes of {end:,} are there; copy or pull it again")
    card = _card(metadata, path)
    if not _checksum_fits(prefix + text, metadata):
        raise ModelError(f"{path}: is damaged: its model card is not as it was written; copy or pull it again")
    if header_bytes(card, shapes) != prefix + text:
        raise ModelError(f"{path}: was not written by Reverie; import the model anew")
    return Header(card, shapes, begin)


def read_card(path: Path) -> ModelCard:
    """The model card of a run-time bundle.

    Raises:
        ModelError: if there is none, or the file is damaged as far as can be seen without reading its tensors.
    """
    return read_header(path).card


def _checksum_fits(header: bytes, metadata: Mapping[str, str]) -> bool:
    checksum = metadata.get(_CHECKSUM, "")
    without = header.replace(f'"{checksum}"'.encode(), f'"{_NO_CHECKSUM}"'.encode(), 1)
    return hashlib.sha256(without).hexdigest() == checksum


def _card(metadata: Mapping[str, str], path: Path) -> ModelCard:
    try:
        data: dict[str, Any] = json.loads(metadata[_CARD])
        version = data.pop("format")
    except (KeyError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise ModelError(
            f"{path}: has no model card, so it is no model of Reverie's; `reverie models import` makes one of the file "
            "that it was published as"
        ) from error
    if not is_readable(version, FORMAT):
        raise ModelError(f"{path}: is of format {version}, and this Reverie reads format {FORMAT}; import it anew")
    try:
        golden = data.pop("golden")
        if golden is not None:
            golden = Golden(int(golden["question"]), _numbers(golden["answer"]))
        card = read_as(ModelCard, {**data, "golden": golden})
        _check_types(card)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: its model card cannot be read ({error}); import the model anew") from error
    return card


def _check_types(card: ModelCard) -> None:
    """Whether all that programs rely on is of its type.

    Raises:
        TypeError: if not.
    """
    texts: tuple[Any, ...] = (card.name, card.config, card.weights)
    mappings: tuple[Any, ...] = (card.settings, card.source, card.training)
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(part, dict) for part in mappings):
        raise TypeError("a text or a mapping is something else")


def _numbers(answer: Any) -> tuple[float, ...]:
    if not all(isinstance(number, int | float) for number in answer):
        raise TypeError("a golden answer is of numbers")
    return tuple(answer)


def _shape(sizes: Any) -> tuple[int, ...]:
    if len(sizes) > _MOST_AXES or not all(type(size) is int and 0 <= size < _LONGEST_AXIS for size in sizes):
        raise ValueError(sizes)
    return tuple(sizes)
