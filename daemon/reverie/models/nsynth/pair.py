"""Two threads that do the same work in step, each its half; or one thread that does both halves in turn."""

from __future__ import annotations

import threading
from collections.abc import Generator
from queue import SimpleQueue

Half = Generator[None]
"""A half of the work; it yields where it needs what the other half has done so far."""


def in_turn(first: Half, second: Half) -> None:
    """Do two halves in this thread, each up to its next meeting."""
    for _ in zip(first, second, strict=True):
        pass


def side_by_side(first: Half, second: Half) -> None:
    """Do two halves in two threads, which wait for each other at every meeting.

    Whatever one of them raises is raised here, when both have ended.
    """
    to_first, to_second = SimpleQueue[bool](), SimpleQueue[bool]()
    failures: list[BaseException] = []

    def do(half: Half, inbox: SimpleQueue[bool], outbox: SimpleQueue[bool]) -> None:
        try:
            for _ in half:
                outbox.put(True)
                if not inbox.get():
                    return  # the other half has failed
        except BaseException as error:  # noqa: BLE001 - it is raised in the other thread
            failures.append(error)
            outbox.put(False)

    helper = threading.Thread(target=do, args=(second, to_second, to_first), daemon=True)
    helper.start()
    do(first, to_first, to_second)
    helper.join()
    if failures:
        raise failures[0]
