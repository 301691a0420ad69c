"""A model's passport: what it is, where it comes from, and what it must answer. It travels inside the model's file.

Nothing numeric is imported here, so that processes that only name models stay small.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reverie.models.errors import ModelError

FORMAT = 1
SUFFIX = ".safetensors"

_METADATA = "reverie"
"""The one entry of the file's metadata. More than one would be written in any order, and no two files be equal."""

_LENGTH = struct.Struct("<Q")
_LONGEST_HEADER = 10_000_000
"""Bytes; the largest model here needs 20,000."""


@dataclass(frozen=True, slots=True)
class Golden:
    """What the model must answer to a fixed question, recorded when it was compiled.

    ``question`` seeds the question (each engine makes its own of it) and ``answer`` are log-probabilities.
    """

    question: int
    answer: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Passport:
    """What a run-time bundle says of itself.

    ``config`` names the encoding and wiring (:mod:`reverie.models.configs`); sizes are those of the weights and stand
    nowhere else. ``settings`` has what weights do not show, such as the length of an attention window. ``weights`` is
    the SHA-256 of the file's tensor bytes. ``source`` and ``training`` are facts for people: file, URL, licence, data,
    steps, held-out loss.
    """

    name: str
    config: str
    weights: str
    settings: Mapping[str, int | float | bool | str] = field(default_factory=dict[str, int | float | bool | str])
    source: Mapping[str, Any] = field(default_factory=dict[str, Any])
    training: Mapping[str, Any] = field(default_factory=dict[str, Any])
    golden: Golden | None = None

    def as_metadata(self) -> dict[str, str]:
        """The metadata of a safetensors file."""
        return {_METADATA: json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True)}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], path: Path) -> Passport:
        """Read :meth:`as_metadata`'s data.

        Raises:
            ModelError: if it is no passport that this version reads; ``path`` is where it was found.
        """
        try:
            data: dict[str, Any] = json.loads(metadata[_METADATA])
            version = data.pop("format")
        except (KeyError, ValueError, AttributeError, TypeError) as error:
            raise ModelError(
                f"{path}: has no passport, so it is no model of Reverie's; `reverie models import` makes one of it"
            ) from error
        if version != FORMAT:
            raise ModelError(f"{path}: is of format {version}, and this Reverie reads format {FORMAT}; import it anew")
        try:
            golden = data.pop("golden")
            passport = cls(**data, golden=golden and Golden(int(golden["question"]), tuple(golden["answer"])))
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{path}: its passport cannot be read ({error}); import the model anew") from error
        if not all(isinstance(text, str) for text in (passport.name, passport.config, passport.weights)):
            raise ModelError(f"{path}: its passport cannot be read; import the model anew")
        return passport


def read_header(path: Path) -> tuple[dict[str, Any], int]:
    """The header of a safetensors file and the byte at which its tensors begin, without reading them.

    Source: https://huggingface.co/docs/safetensors/index#format.

    Raises:
        ModelError: if the file cannot be read, is no safetensors file or is cut off.
    """
    try:
        with path.open("rb") as file:
            (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
            if length > _LONGEST_HEADER:
                raise ModelError(f"{path}: is no safetensors file")
            header: dict[str, Any] = json.loads(file.read(length))
            size = file.seek(0, 2)
        begin = _LENGTH.size + length
        end = begin + max((row["data_offsets"][1] for name, row in header.items() if name != "__metadata__"), default=0)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: is damaged, or no safetensors file") from error
    if size != end:
        raise ModelError(f"{path}: is cut off: {size:,} bytes of {end:,} are there; copy or pull it again")
    return header, begin


def read_passport(path: Path) -> Passport:
    """The passport of a run-time bundle.

    Raises:
        ModelError: if there is none, or the file is damaged as far as can be seen without reading its tensors.
    """
    header, _ = read_header(path)
    metadata = header.get("__metadata__", {})
    return Passport.from_metadata(metadata if isinstance(metadata, dict) else {}, path)
