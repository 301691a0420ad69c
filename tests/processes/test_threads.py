"""What the libraries below NumPy are told."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from reverie.processes.threads import LIBRARIES, one_each


def test_each_has_one_thread_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LIBRARIES:
        monkeypatch.setenv(name, "")  # so that what is set below does not outlast the test
        monkeypatch.delenv(name)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    one_each()
    assert {name: os.environ[name] for name in LIBRARIES} == dict.fromkeys(LIBRARIES, "1") | {"OMP_NUM_THREADS": "3"}


@pytest.mark.parametrize("module", ["cli.main", "cli.measure", "compose.worker", "timbre.worker", "conductor.run"])
def test_numpy_has_one_thread_whichever_module_imports_it_first(module: str) -> None:
    """With a thread for each core, small matrices took ten times the time on a busy machine."""
    code = f"import reverie.{module}, numpy, os; print(len(os.listdir('/proc/self/task')))"
    environment = {name: value for name, value in os.environ.items() if name not in LIBRARIES}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
