"""What holds for all tests."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from fakes.stalls import Stalls
from reverie.signals import be_interruptible


def pytest_configure(config: pytest.Config) -> None:
    """Let tests that send SIGINT see it heeded: a shell starts what runs in the background with it ignored."""
    be_interruptible()


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
def stalls() -> Iterator[Stalls]:
    """What the machine itself is to blame for, for tests of real programs that hold a time against a bound."""
    with Stalls() as stalls:
        yield stalls
