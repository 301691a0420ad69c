"""What systemd is told of the daemon, by the protocol of sd_notify(3).

Its own few lines and not a binding, because the protocol is one datagram. Without systemd nothing is sent and nothing
fails.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping

PATIENCE = 0.5
"""Seconds a datagram may wait for room in systemd's queue before it is given up."""


class Notifier:
    """Sends the states of a service to the socket that systemd named."""

    def __init__(self, address: str | None) -> None:
        self._address = address

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Notifier:
        """The notifier of this process: mute where ``NOTIFY_SOCKET`` is not set."""
        return cls(environment.get("NOTIFY_SOCKET") or None)

    def ready(self, status: str) -> bool:
        """The first bar went out; also ends a reload."""
        return self._send("READY=1", _status(status))

    def status(self, status: str) -> bool:
        """The sentence that ``systemctl status`` shows."""
        return self._send(_status(status))

    def watchdog(self) -> bool:
        """There is evidence that all is well."""
        return self._send("WATCHDOG=1")

    def reloading(self, status: str) -> bool:
        """The configuration is being read again; :meth:`ready` must follow."""
        return self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", _status(status))

    def stopping(self, status: str) -> bool:
        """The daemon is on its way out."""
        return self._send("STOPPING=1", _status(status))

    def _send(self, *lines: str) -> bool:
        """Whether systemd took it. A lost datagram is never an error: the next one, or the watchdog, mends it."""
        if self._address is None:
            return False
        # A leading @ stands for the NUL byte of Linux's abstract names.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.settimeout(PATIENCE)
                sock.sendto("\n".join(lines).encode(), address)
        except OSError:
            return False
        return True


def watchdog_interval(environment: Mapping[str, str] = os.environ) -> float | None:
    """Seconds between two signs of life: half of what systemd allows, or None where it expects none from this process.

    ``WATCHDOG_PID`` guards against a child that inherited the variables.
    """
    microseconds = environment.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 2_000_000 or None


def _status(sentence: str) -> str:
    return "STATUS=" + " ".join(sentence.split())
