"""Magenta in the test process: imported once, and only by tests that need it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = importlib.util.find_spec("magenta") is None
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.magenta)
            # What Magenta and TensorFlow deprecate in each other is not ours to mend.
            item.add_marker(pytest.mark.filterwarnings("ignore"))
            if missing:
                item.add_marker(
                    pytest.mark.skip(reason="the extra 'magenta' is not installed (uv sync --extra magenta)")
                )
