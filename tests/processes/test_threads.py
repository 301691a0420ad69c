"""What the libraries below NumPy are told."""

from __future__ import annotations

import os

import pytest

from reverie.processes.threads import LIBRARIES, one_each


def test_each_has_one_thread_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LIBRARIES:
        monkeypatch.setenv(name, "")  # so that what is set below does not outlast the test
        monkeypatch.delenv(name)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    one_each()
    assert {name: os.environ[name] for name in LIBRARIES} == dict.fromkeys(LIBRARIES, "1") | {"OMP_NUM_THREADS": "3"}
