"""Tensors as bytes and back: what a model remembers, on its way from loop to loop."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def packed(tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """A NumPy archive, without pickles; equal values make equal bytes."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **tensors)
    return file.getvalue()


def unpacked(data: bytes) -> dict[str, NDArray[Any]]:
    """Read :func:`packed`.

    Raises:
        ValueError: if it is damaged, or no such archive.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return dict(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, LookupError, TypeError, RuntimeError) as error:
        # RuntimeError is what zipfile says of one that seems to be encrypted.
        raise ValueError(f"these are no packed tensors ({error})") from error
