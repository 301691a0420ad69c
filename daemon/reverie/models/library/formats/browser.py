"""Weights as browsers load them: magenta.js checkpoints, and the older dumps for deeplearn.js.

A magenta.js checkpoint is a folder with ``weights_manifest.json``, shards of bytes, and often ``config.json``; its
weights may be quantised to one or two bytes. A dump for deeplearn.js is a folder with ``manifest.json`` and a file of
little-endian float32 for each variable.

Sources: ``tfjs-core/src/io/types.ts`` and ``io_utils.ts`` in TensorFlow.js; ``music/src/music_rnn/model.ts`` in
magenta.js; deeplearn.js, ``scripts/dump_checkpoints``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from reverie.files import read_file
from reverie.models.errors import ModelError
from reverie.models.library.formats.tensors import LARGEST, ForeignModel, Tensors, is_weight

MAGENTA_JS_MANIFEST = "weights_manifest.json"
MAGENTA_JS_CONFIG = "config.json"
DEEPLEARN_MANIFEST = "manifest.json"
DEEPLEARN_CONVERTER = "converter.json"

_MOST_AXES = 32
_TYPES = {"float32": np.dtype("<f4"), "uint8": np.dtype("u1"), "uint16": np.dtype("<u2"), "int32": np.dtype("<i4")}


def read_magenta_js(folder: Path) -> ForeignModel:
    """A model out of a magenta.js checkpoint.

    Raises:
        ModelError: if a file is missing, of the wrong size, or not as magenta.js writes it.
    """
    tensors: Tensors = {}
    shards: set[str] = set()
    try:
        for group in cast("list[Any]", _json(folder / MAGENTA_JS_MANIFEST)):
            names = list(group["paths"])
            if set(names) & shards or len(set(names)) < len(names):
                raise ModelError(f"its {MAGENTA_JS_MANIFEST} names a part twice")
            shards |= set(names)
            found = _unpacked(group["weights"], memoryview(b"".join(_bytes(folder, name) for name in names)))
            if twice := sorted(set(found) & set(tensors)):
                raise ModelError(f"its {MAGENTA_JS_MANIFEST} has {twice[0]} twice")
            tensors |= found
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ModelError(f"its {MAGENTA_JS_MANIFEST} is none of magenta.js's") from error
    told = _told(folder)
    return ForeignModel("magenta.js checkpoint", tensors, settings=_settings(told), told=told)


def shards_in(manifest: bytes) -> tuple[str, ...]:
    """The names of the files that hold the weights of a magenta.js checkpoint.

    Raises:
        ModelError: if it is no such manifest.
    """
    try:
        names = tuple(path for group in json.loads(manifest) for path in group["paths"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"its {MAGENTA_JS_MANIFEST} is none of magenta.js's") from error
    for name in names:
        _plain(name)
    return names


def _unpacked(weights: Any, data: memoryview) -> Tensors:
    tensors: Tensors = {}
    at = 0
    for row in weights:
        name, shape, quantised = str(row["name"]), _shape(row["shape"]), row.get("quantization")
        stored = quantised["dtype"] if quantised else row["dtype"]
        if stored not in _TYPES or (quantised and row["dtype"] != "float32"):
            raise ModelError(f"{name} is kept as {stored}; only float32, quantised or not, can be read")
        kind = _TYPES[stored]
        end = at + math.prod(shape) * kind.itemsize
        if end > len(data):
            raise ModelError(f"is cut off: its weights have {len(data):,} bytes, and at least {end:,} are needed")
        if name in tensors:
            raise ModelError(f"its {MAGENTA_JS_MANIFEST} has {name} twice")
        if is_weight(name) and row["dtype"] == "float32":
            tensors[name] = _scaled(np.frombuffer(data[at:end], kind), quantised).reshape(shape)
        at = end
    if at != len(data):
        raise ModelError(f"has {len(data):,} bytes of weights, and its manifest names {at:,}; copy or pull it again")
    return tensors


def _scaled(stored: NDArray[Any], quantised: Mapping[str, Any] | None) -> NDArray[np.float32]:
    if quantised is None:
        return stored.astype(np.float32, copy=False)
    with np.errstate(all="ignore"):  # what is no number then is refused later
        return (stored.astype(np.float64) * float(quantised["scale"]) + float(quantised["min"])).astype(np.float32)


def _told(folder: Path) -> dict[str, Any]:
    if not (folder / MAGENTA_JS_CONFIG).is_file():
        return {}
    told: Any = _json(folder / MAGENTA_JS_CONFIG)
    if not isinstance(told, dict):
        raise ModelError(f"its {MAGENTA_JS_CONFIG} is none of magenta.js's")
    return cast("dict[str, Any]", told)


def _settings(told: Mapping[str, Any]) -> dict[str, int | float | bool | str]:
    length = told.get("attentionLength")
    if length is None or length == 0:
        return {}
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise ModelError(f"its {MAGENTA_JS_CONFIG} says attentionLength {length!r}, which is no number of steps")
    return {"attention_length": length}


def read_deeplearn(folder: Path) -> ForeignModel:
    """A model out of a dump for deeplearn.js; variables whose files are not there are named as absent.

    Raises:
        ModelError: if the manifest is none, or a file has the wrong size.
    """
    tensors: Tensors = {}
    absent: list[str] = []
    files: set[str] = set()
    for name, path, shape in _dumped(folder):
        if path.name in files:
            raise ModelError(f"its {DEEPLEARN_MANIFEST} names {path.name} twice")
        files.add(path.name)
        if not path.exists():
            absent.append(name)
            continue
        data = _bytes(folder, path.name)
        if len(data) != 4 * math.prod(shape):
            raise ModelError(f"{path.name} has {len(data):,} bytes, and {name} needs {4 * math.prod(shape):,}")
        tensors[name] = np.frombuffer(data, "<f4").reshape(shape)
    return ForeignModel("deeplearn.js dump", tensors, absent=tuple(absent), told=_converter(folder))


def _converter(folder: Path) -> dict[str, Any]:
    """What some dumps say of the converter of a MusicVAE, as magenta.js says it later."""
    if not (folder / DEEPLEARN_CONVERTER).is_file():
        return {}
    return {"dataConverter": _json(folder / DEEPLEARN_CONVERTER)}


def _dumped(folder: Path) -> Iterator[tuple[str, Path, tuple[int, ...]]]:
    """The weights that a dump's manifest lists: name, file and shape."""
    manifest: Any = _json(folder / DEEPLEARN_MANIFEST)
    try:
        for name, row in manifest.items():
            if is_weight(name):
                _encodable(name)
                yield name, folder / _plain(row["filename"]), _shape(row["shape"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"its {DEEPLEARN_MANIFEST} is none of deeplearn.js's") from error


def _shape(value: Any) -> tuple[int, ...]:
    shape = tuple(value)
    if len(shape) > _MOST_AXES or not all(isinstance(size, int) and 0 <= size < 2**31 for size in shape):
        raise ValueError(value)
    return shape


def _plain(name: Any) -> str:
    """A file's name that stays in its folder."""
    if not isinstance(name, str) or name in {"", ".", ".."} or Path(name).name != name or "\0" in name:
        raise ModelError(f"its manifest names {name!r}, which is no file beside it")
    _encodable(name)
    return name


def _encodable(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise ModelError(f"its manifest has the name {name!r}, which is no text") from error


def _bytes(folder: Path, name: Any) -> bytes:
    path = folder / _plain(name)
    try:
        return read_file(path, LARGEST)
    except OSError as error:
        raise ModelError(f"its part {name} cannot be read ({error.strerror}); copy or pull it too") from error


def _json(path: Path) -> Any:
    try:
        return json.loads(read_file(path))
    except OSError as error:
        raise ModelError(f"its {path.name} cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"its {path.name} is damaged: it is no JSON") from error
