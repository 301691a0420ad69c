from __future__ import annotations

from pathlib import Path

import pytest

from fakes.hands import Stand
from reverie.control.console import ControlConsole


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.fixture
def desk(stand: Stand, tmp_path: Path) -> ControlConsole:
    return stand.desk(tmp_path)
