"""``reverie run --bars`` and ``--for``: a real daemon that ends by itself."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fakes.daemon import Daemon
from fakes.patience import PATIENCE

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (("--bars", "4"), "The bars that were asked for are over."),
        (("--for", "0.1m"), "The time that was asked for is over."),
    ],
)
def test_a_run_of_a_certain_length_ends_as_a_stop_does(
    make_daemon: Callable[..., Daemon], length: tuple[str, str], said: str
) -> None:
    daemon = make_daemon({"main": {"kind": "port", "match": "no such port", "api": "jack"}}).start(*length)
    assert daemon.process is not None
    assert daemon.process.wait(PATIENCE) == 0
    log = daemon.log.read_text()
    assert said in log
    assert re.search(r"Ending every note", log)
    assert "Traceback" not in log
