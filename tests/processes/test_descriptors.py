"""Waiting for descriptors, however many there are."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator

import pytest

from reverie.processes import descriptors
from reverie.processes.descriptors import SELECTABLE, ask_for_many, readable, writable


@contextlib.contextmanager
def limited(soft: int) -> Generator[None]:
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


@pytest.fixture
def high() -> Iterator[tuple[int, int]]:
    """A pipe whose two numbers are beyond what select takes."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard <= SELECTABLE + 100:
        pytest.skip("the system grants no descriptor beyond 1,024")
    with limited(hard):
        ends = os.pipe()
        pair = SELECTABLE + 50, SELECTABLE + 51
        for low, number in zip(ends, pair, strict=True):
            os.dup2(low, number)
            os.close(low)
        yield pair
        for number in pair:
            os.close(number)


@pytest.mark.parametrize("seconds", [None, 0.0, 0.0004, 5.0])
def test_a_descriptor_past_1024_is_waited_for(high: tuple[int, int], seconds: float | None) -> None:
    reading, writing = high
    assert writable(writing)
    os.write(writing, b"x")
    assert readable([reading], seconds) == [reading]


def test_nothing_to_read_past_1024_ends_the_wait(high: tuple[int, int]) -> None:
    begun = time.monotonic()
    assert readable([high[0]], 0.0123) == []
    assert time.monotonic() - begun >= 0.0123


def test_the_end_of_a_socket_is_something_to_read() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        assert readable([ours], None) == [ours]


def test_less_than_a_millisecond_is_waited_for_to_the_microsecond() -> None:
    """Poll alone would wait a millisecond for each, and notes would be late by it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        quickest = 1.0
        for _ in range(50):
            begun = time.monotonic()
            assert readable([ours], 0.0002) == []
            taken = time.monotonic() - begun
            assert taken >= 0.0002
            quickest = min(quickest, taken)
        assert quickest < 0.001


def test_what_comes_within_the_last_millisecond_is_seen() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"x")
        assert readable([ours], 0.0005) == [ours]


def test_the_limit_is_raised_to_what_the_system_grants() -> None:
    script = (
        "import resource; from reverie.processes.descriptors import ask_for_many, limit\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (300, 2000)); ask_for_many(); print(limit())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "2000\n"


def test_a_limit_that_is_high_already_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    monkeypatch.setattr(descriptors, "MOST", 64)
    ask_for_many()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
