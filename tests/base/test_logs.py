"""The log says everything once, and nothing without end."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from reverie.logs import KINDS, MOST, ONCE, WITHIN, Plain, RepeatCounter


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Log:
    """A logger of its own, and what it has written."""

    def __init__(self, name: str) -> None:
        self.clock = Clock()
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(Plain("%(message)s"))
        self.repeats = RepeatCounter(handler, self.clock)
        handler.addFilter(self.repeats)
        self.log = logging.getLogger(name)
        self.log.handlers = [handler]
        self.log.propagate = False
        self.log.setLevel(logging.INFO)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


@pytest.fixture
def log() -> Iterator[Log]:
    made = Log("reverie.test")
    yield made
    made.log.handlers = []


def test_what_strangers_cause_is_said_once_a_minute_and_counted(log: Log) -> None:
    for number in range(1000):
        log.log.warning("OSC: %s.", f"nonsense {number}", extra=ONCE)
    assert log.lines == ["OSC: nonsense 0."]
    log.clock.now = WITHIN
    log.repeats.tell()
    assert log.lines[1:] == ["999 more like it in the last minute. The last one: OSC: nonsense 999."]
    log.repeats.tell()
    log.log.warning("OSC: %s.", "nonsense again", extra=ONCE)
    assert log.lines[2:] == ["OSC: nonsense again."]


def test_a_count_is_told_before_what_comes_next(log: Log) -> None:
    for _ in range(3):
        log.log.warning("Panic.", extra=ONCE)
    log.clock.now = 2 * WITHIN
    log.log.info("All is well.")
    assert log.lines == ["Panic.", "2 more like it in the last minute. The last one: Panic.", "All is well."]


def test_what_is_said_once_costs_no_other_line(log: Log) -> None:
    for _ in range(10):
        log.log.warning("OSC: nonsense.", extra=ONCE)
        log.log.info("Playing.")
    assert log.lines.count("Playing.") == 10


def test_our_own_lines_are_limited_too_however_they_differ(log: Log) -> None:
    for number in range(10 * MOST):
        log.log.info("By hand: %d", number)
    assert len(log.lines) == MOST


def test_a_library_that_words_it_differently_each_time_is_limited() -> None:
    """python-osc writes to the root logger, asyncio a traceback for each connection that it cannot take."""
    log = Log("asyncio")
    try:
        for number in range(1000):
            log.log.error(f"socket.accept() out of system resource\nsocket: fd={number}")  # noqa: G004
    finally:
        log.log.handlers = []
        log.log.propagate = True
    assert len(log.lines) == 6


def test_kinds_without_end_take_no_memory_without_end(log: Log) -> None:
    for number in range(3 * KINDS):
        log.log.info(f"kind {number}")  # noqa: G004
    assert len(log.repeats._kinds) <= KINDS  # pyright: ignore[reportPrivateUsage]


def test_no_name_can_forge_a_line_of_the_log(log: Log) -> None:
    log.log.warning("%s has left", "Mac\n12:00:00 The daemon was stopped by root\x1b[1A")
    first, second = log.lines
    assert first == "Mac"
    assert second == "    12:00:00 The daemon was stopped by root\\x1b[1A has left"


def test_a_name_that_is_no_utf8_is_logged(log: Log) -> None:
    log.log.warning("%s cannot be read", "caf\udce9.yaml")
    assert log.lines == ["caf\\xe9.yaml cannot be read"]


def test_a_fault_of_our_own_keeps_its_traceback(log: Log) -> None:
    try:
        int("so\x1b it is")
    except ValueError:
        log.log.exception("A mistake.")
    assert log.lines[0] == "A mistake."
    assert log.lines[-1] == "    ValueError: invalid literal for int() with base 10: 'so\\x1b it is'"


def test_a_process_that_logs_plainly_ends_as_others_do() -> None:
    script = "import logging, reverie.logs as l; l.log_plainly(); logging.getLogger('x').info('a\\x1bb')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr.endswith(" a\\x1bb\n")
