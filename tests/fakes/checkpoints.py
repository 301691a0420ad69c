"""Models in foreign formats, made of a few numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DEEPEST = {"uint8": 255, "uint16": 65535}


def magenta_js(
    folder: Path, tensors: Mapping[str, NDArray[Any]], stored: str = "float32", shards: int = 1, **config: Any
) -> Path:
    """Write a magenta.js checkpoint; with ``stored`` uint8 or uint16 its weights are quantised."""
    folder.mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    data = b""
    for name, tensor in tensors.items():
        row: dict[str, Any] = {"name": name, "shape": list(tensor.shape), "dtype": str(tensor.dtype)}
        if stored in _DEEPEST and tensor.dtype == np.float32:
            low = float(tensor.min())
            scale = (float(tensor.max()) - low) / _DEEPEST[stored] or 1.0
            row["quantization"] = {"dtype": stored, "scale": scale, "min": low}
            data += np.round((tensor - low) / scale).astype(stored).tobytes()
        else:
            data += tensor.tobytes()
        rows.append(row)
    names = [f"group1-shard{number + 1}of{shards}" for number in range(shards)]
    size = -(-len(data) // shards)
    for number, name in enumerate(names):
        (folder / name).write_bytes(data[number * size : (number + 1) * size])
    (folder / "weights_manifest.json").write_text(json.dumps([{"paths": names, "weights": rows}]))
    if config:
        (folder / "config.json").write_text(json.dumps(config))
    return folder


def deeplearn(folder: Path, tensors: Mapping[str, NDArray[Any]]) -> Path:
    """Write a dump for deeplearn.js."""
    folder.mkdir(parents=True)
    manifest: dict[str, Any] = {}
    for name, tensor in tensors.items():
        manifest[name] = {"filename": name.replace("/", "_"), "shape": list(tensor.shape)}
        (folder / name.replace("/", "_")).write_bytes(tensor.tobytes())
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def recurrent_tensors(inputs: int, classes: int, units: int = 4, seed: int = 0) -> dict[str, NDArray[Any]]:
    """The variables of a recurrent model of one layer, as TensorFlow names them."""
    random = np.random.default_rng(seed)
    shapes = {
        "rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel": (inputs + units, 4 * units),
        "rnn/multi_rnn_cell/cell_0/basic_lstm_cell/bias": (4 * units,),
        "fully_connected/weights": (units, classes),
        "fully_connected/biases": (classes,),
    }
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
