"""What holds for all tests."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.jack import Jack, running_jack
from fakes.stalls import Stalls
from reverie.processes.signals import be_interruptible


def pytest_configure(config: pytest.Config) -> None:
    """Let tests that send SIGINT see it heeded: a shell starts what runs in the background with it ignored."""
    be_interruptible()


_NEED_MAGENTA = tuple(Path(__file__).parent / name for name in ("magenta", "training"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what imports Magenta, an extra; what it and TensorFlow deprecate in each other is not ours to mend."""
    missing = importlib.util.find_spec("magenta") is None
    for item in items:
        if any(folder in item.path.parents for folder in _NEED_MAGENTA):
            item.add_marker(pytest.mark.magenta)
            item.add_marker(pytest.mark.filterwarnings("ignore"))
            if missing:
                item.add_marker(
                    pytest.mark.skip(reason="the extra 'magenta' is not installed (uv sync --extra magenta)")
                )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under continuous integration everything that tests need is there, so a test that was skipped is a fault."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    if reporter is not None and os.environ.get("CI") and skipped and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(
            f"\n{len(skipped)} tests were skipped, which continuous integration does not allow", red=True
        )
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Names that are no UTF-8 are logged by some tests, and a report of them could not be sent between processes."""
    report = yield
    report.sections = [(title, text.encode(errors="backslashreplace").decode()) for title, text in report.sections]
    return report


@pytest.fixture
def jack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jack]:
    """A JACK server of its own."""
    with running_jack(monkeypatch) as server:
        yield server


@pytest.fixture
def stalls() -> Iterator[Stalls]:
    """What the machine itself is to blame for, for tests of real programs that hold a time against a bound."""
    with Stalls() as stalls:
        yield stalls
