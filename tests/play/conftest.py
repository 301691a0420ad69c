"""Real devices for the tests of the player."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakes.jack import Jack, running_jack


@pytest.fixture
def jack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jack]:
    with running_jack(monkeypatch) as server:
        yield server
