"""Parts of the machine that a test run has for itself, so that no other run beside it is disturbed (Linux, root)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
from collections.abc import Generator

import pytest

from fakes.jack import need

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_REC = 0x4000
MS_PRIVATE = 0x40000


def have_shared_memory_of_ones_own() -> bool:
    """Let this process and those that it starts have a /dev/shm that nobody else has; whether that was allowed.

    JACK keeps there which servers run, and what all servers and clients of a user say about themselves, with a lock
    that a client that was killed leaves behind for all of them.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        return False
    apart = libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None) == 0
    return apart and libc.mount(b"tmpfs", b"/dev/shm", b"tmpfs", 0, b"mode=1777") == 0


@contextlib.contextmanager
def network_of_its_own() -> Generator[None]:
    """A network namespace with nothing but loopback, for this thread and the processes that it starts."""
    need("ip")
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net", "rb") as before:  # noqa: PTH123 - the open file is what keeps it
        if libc.unshare(CLONE_NEWNET) != 0:
            reason = f"a network namespace of its own needs root ({os.strerror(ctypes.get_errno())})"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        try:
            plug_in()
            yield
        finally:
            assert libc.setns(before.fileno(), CLONE_NEWNET) == 0


def plug_in() -> None:
    """Let there be a network, with a way for multicast."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "route", "add", "224.0.0.0/4", "dev", "lo"], check=True)


def unplug() -> None:
    """Let there be none."""
    subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
