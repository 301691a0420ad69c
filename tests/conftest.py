"""What holds for all tests."""

from __future__ import annotations

import importlib
import importlib.util
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from fakes.jack import Jack, running_jack
from fakes.namespaces import have_shared_memory_of_ones_own
from fakes.stalls import Stalls
from reverie.processes.signals import be_interruptible

_APART = pytest.StashKey[bool]()
"""Whether this process shares with no other what JACK keeps."""
_INHERITED = (signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2)


def pytest_configure(config: pytest.Config) -> None:
    """Start from the same place whoever started the tests, and with a part of the machine for this process alone.

    A shell starts what runs in the background with SIGINT ignored, nohup with SIGHUP ignored, and what is ignored or
    blocked is inherited by all that the tests start.
    """
    be_interruptible()
    for number in _INHERITED:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    hypothesis.settings.register_profile("reverie", deadline=None)  # how long an example takes is the machine's affair
    hypothesis.settings.load_profile("reverie")
    config.stash[_APART] = have_shared_memory_of_ones_own()
    _let_numpy_have_one_thread()


@pytest.fixture(autouse=True)
def signals_as_they_were() -> Generator[None]:
    """What a worker's main does to signals, if a test runs it in this process, is not for the tests after it."""
    before = {number: signal.getsignal(number) for number in signal.valid_signals()}
    yield
    for number, handler in before.items():
        if handler is not None and signal.getsignal(number) != handler:
            signal.signal(number, handler)


def _let_numpy_have_one_thread() -> None:
    """Tests run side by side, and threads of OpenBLAS that wait for each other take a core each.

    Only here: what tests start shall see to that itself.
    """
    before = os.environ.get("OPENBLAS_NUM_THREADS")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    importlib.import_module("numpy")
    del os.environ["OPENBLAS_NUM_THREADS"]
    if before is not None:
        os.environ["OPENBLAS_NUM_THREADS"] = before


_TESTS = Path(__file__).parent
_OF_MAGENTA = (pytest.mark.magenta, pytest.mark.filterwarnings("ignore"))
_MARKED = {"magenta": _OF_MAGENTA, "training": _OF_MAGENTA, "daemon": (pytest.mark.whole, pytest.mark.waiting)}
"""What all tests of a folder are; what Magenta and TensorFlow deprecate in each other is not ours to mend."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by their folder, and skip those that need an extra which is not there."""
    missing = importlib.util.find_spec("magenta") is None
    for item in items:
        path = item.path.relative_to(_TESTS)
        for mark in _MARKED.get(path.parts[0], ()):
            item.add_marker(mark)
        if missing and item.get_closest_marker("magenta"):
            item.add_marker(pytest.mark.skip(reason="the extra 'magenta' is not installed (make magenta)"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Where JACK cannot be had apart, have one process run all tests of real programs; else each file has one.

    By the file and not by a mark: pytest-xdist 3.8 writes a mark's group where pytest 9.2 no longer reads it.
    """
    alone = config.stash[_APART] or "not real" in config.option.markexpr
    return None if alone else _Together(config, log)


class _Together(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return "all"


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
