from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import cache

import pytest

from fakes.machine import CANNOT_BE_MADE, MAKER, Evidence, boot

BOOTS_AND_PLAYS = 600.0
"""Seconds that a trial may take; 90 where nothing else keeps the processor busy."""


@pytest.fixture(scope="session")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Evidence]:
    """What a trial saw: each is run once, and many tests may ask about it."""
    made = subprocess.run([MAKER], capture_output=True, text=True, check=False)
    if made.returncode == CANNOT_BE_MADE:
        pytest.skip(made.stdout.strip())
    assert made.returncode == 0, made.stdout + made.stderr

    @cache
    def run(name: str) -> Evidence:
        return boot(name, tmp_path_factory.mktemp(name), BOOTS_AND_PLAYS)

    return run
