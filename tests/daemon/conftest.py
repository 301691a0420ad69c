from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.daemon import STUDY, Daemon
from fakes.lights import Lights


@pytest.fixture
def make_daemon(tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    """Daemons that are gone when the test is, whatever became of them."""
    made: list[Daemon] = []

    def make(slots: dict[str, Any], scene: str = STUDY, **site: Any) -> Daemon:
        daemon = Daemon(tmp_path / f"daemon-{len(made)}", slots, scene, **site)
        made.append(daemon)
        return daemon

    yield make
    for daemon in made:
        daemon.kill()


@pytest.fixture
def lights() -> Iterator[Lights]:
    """Who hears all bars and notes."""
    with Lights() as lights:
        yield lights
