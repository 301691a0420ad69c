"""A beat for a dead-man's switch elsewhere, which calls somebody once it hears none.

It beats while there is evidence of music, or of a rest that is intended, and not because a program runs: so a box that
lost its power, its network or its sound is missed all the same.
"""

from __future__ import annotations

import http.client
import logging
import urllib.error
import urllib.request
from collections.abc import Callable

from reverie.clock import Clock
from reverie.logs import ONCE
from reverie.notify.apprise_channel import ChannelError
from reverie.notify.sending import OneAtATime
from reverie.site.secret_file import SecretFile

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds for which an answer is waited for."""
SCHEMES = ("http://", "https://")


class Heartbeat:
    """Beats every so many seconds while ``alive``."""

    def __init__(
        self, secret: SecretFile, every: float, alive: Callable[[], bool], clock: Clock, version: str = ""
    ) -> None:
        self._secret = secret
        self._every = every
        self._alive = alive
        self._clock = clock
        self._agent = f"Reverie/{version}" if version else "Reverie"
        self._due = clock.now()
        self._sending = OneAtATime("heartbeat")
        self.beats = 0
        """Beats that were answered, since the start."""
        self.fault: str | None = None
        """Why the last beat did not arrive."""

    def take(self, secret: SecretFile, every: float) -> None:
        """Beat at this address, so often, from now on: another one is told at once that all is well."""
        if secret != self._secret:
            self._secret, self._due, self.fault = secret, self._clock.now(), None
        self._every, self._due = every, min(self._due, self._clock.now() + every)

    def look(self) -> None:
        """Beat if it is time; in the event loop."""
        now = self._clock.now()
        if now < self._due or self._sending.busy or not self._alive():
            return
        self._due = now + self._every
        self._sending.do(self._beat, self._beaten)

    def _beat(self) -> None:
        address = self._secret.read()
        if not address.startswith(SCHEMES):
            raise ChannelError("the heartbeat's file has no address that begins with http:// or https://")
        try:
            request = urllib.request.Request(address, headers={"User-Agent": self._agent})  # noqa: S310 - checked
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - checked above
                answer.read(1024)
        except urllib.error.HTTPError as error:
            raise ChannelError(f"the heartbeat's switch answered {error.code}") from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise ChannelError(f"the heartbeat's switch did not answer ({type(error).__name__})") from None

    def _beaten(self, fault: str | None) -> None:
        if fault is None:
            self.beats += 1
        elif self.fault is None:
            log.warning("No heartbeat arrives: %s It is tried again every %g s.", fault, self._every, extra=ONCE)
        self.fault = fault
