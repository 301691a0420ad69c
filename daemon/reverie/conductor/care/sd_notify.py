"""What systemd is told of the daemon, by the protocol of sd_notify(3).

Its own few lines and not a binding, because the protocol is one datagram. Without systemd nothing is sent and nothing
fails. The socket is opened early and kept: whoever takes all descriptors must not make the watchdog bark.
"""

from __future__ import annotations

import os
import socket
import time
import weakref
from collections.abc import Mapping

PATIENCE = 0.5
"""Seconds a datagram may wait for room in systemd's queue before it is given up."""


class Notifier:
    """Sends the states of a service to the socket that systemd named."""

    def __init__(self, address: str | None) -> None:
        # A leading @ stands for the NUL byte of Linux's abstract names.
        self._address = "\0" + address[1:] if address and address.startswith("@") else address
        self._socket = self._open()
        self.said_ready = False
        """Whether systemd takes the service for active: then its watchdog waits, whoever of this process goes on."""
        self.goes_on = False
        """Whether another conductor of this process goes on: then it is not told that the daemon stops."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Notifier:
        """The notifier of this process: mute where ``NOTIFY_SOCKET`` is not set."""
        return cls(environment.get("NOTIFY_SOCKET") or None)

    def ready(self, status: str) -> bool:
        """The first bar went out; also ends a reload."""
        self.said_ready = True
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
        return not self.goes_on and self._send("STOPPING=1", _status(status))

    def _send(self, *lines: str) -> bool:
        """Whether systemd took it. A lost datagram is never an error: the next one, or the watchdog, mends it."""
        self._socket = self._socket or self._open()
        if self._socket is None or self._address is None:
            return False
        try:
            self._socket.sendto("\n".join(lines).encode(errors="replace"), self._address)
        except OSError:
            return False
        return True

    def _open(self) -> socket.socket | None:
        """The socket; None without systemd, or where the system has none to give just now."""
        if self._address is None:
            return None
        try:
            opened = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        except OSError:
            return None
        weakref.finalize(self, opened.close)
        opened.settimeout(PATIENCE)
        return opened


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
