"""Where the data sets lie that some tests read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE_THE_CHECKOUT = Path(__file__).parents[3] / "shared" / "data"


def data_folder(name: str) -> Path:
    """The folder of a data set, below ``$REVERIE_DATA``; the test is skipped where it is not there."""
    folder = Path(os.environ.get("REVERIE_DATA", _BESIDE_THE_CHECKOUT)) / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not at {folder} (set REVERIE_DATA)")
    return folder
