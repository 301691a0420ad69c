"""Commands that tests start are gone when the tests are, however these end."""

from __future__ import annotations

import sys

import pytest

from fakes.training_commands import running, wait_until

CHILD = "import time; time.sleep(600)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


def test_what_a_failing_test_has_started_is_killed() -> None:
    with pytest.raises(AssertionError, match="as tests do"), running([sys.executable, "-c", PARENT]) as process:
        raise AssertionError("as tests do")
    assert process.returncode is not None


def test_what_has_ended_is_not_waited_for() -> None:
    told = [sys.executable, "-c", "import sys; sys.exit('it failed')"]
    with pytest.raises(AssertionError, match="it failed"), running(told) as process:
        wait_until(lambda: False, process)
