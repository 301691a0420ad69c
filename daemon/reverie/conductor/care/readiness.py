"""What systemd is told: that the first bar has gone out, how it is, and that there is evidence that Reverie sounds."""

from __future__ import annotations

import logging
from collections.abc import Callable

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.conductor.care.sd_notify import Notifier
from reverie.watch.happenings import BarSounded
from reverie.watch.summary import Summary
from reverie.watch.verdict import Verdict

log = logging.getLogger(__name__)

FIRST_BAR = 120.0
"""Seconds that the first bar of a conductor may take which follows another one: as many as systemd gives a start."""


class Readiness:
    """Feeds the watchdog with evidence alone: not with a loop that turns, but with bars that sounded.

    Args:
        notifier: The way to systemd.
        clock: Since when Reverie runs.
        alive: Whether it sounds, or rests as intended.
        summary: The truth in a sentence.
    """

    def __init__(
        self, notifier: Notifier, clock: Clock, alive: Callable[[], Verdict], summary: Callable[[], Summary]
    ) -> None:
        self._notifier = notifier
        self._clock = clock
        self._alive = alive
        self._summary = summary
        self._begun = clock.now()
        self._is_ready = False
        self._follows = notifier.said_ready
        """Whether the service was active before this conductor began: the watchdog did not wait for its first bar."""

    def subscribe_to(self, bus: Bus) -> None:
        """Wait for the first bar; what judges it must have subscribed before."""
        bus.subscribe(BarSounded, lambda _: self._bar_sounded())

    def look(self) -> Verdict:
        """Tell how it is, and feed the watchdog if it is well."""
        alive = self._alive()
        if self._is_ready:
            self._notifier.status(self._summary().text)
        if alive.ok or (self._follows and not self._is_ready and self._clock.now() - self._begun < FIRST_BAR):
            self._notifier.watchdog()
        return alive

    def reloading(self, scene: str) -> None:
        """A scene's file is being read again; :meth:`reloaded` must follow.

        Before the first bar systemd is told of neither: it would take the end of a reload for the end of the start.
        """
        if self._is_ready:
            self._notifier.reloading(f"Reading {scene} again.")

    def reloaded(self) -> None:
        """The reload is over."""
        if self._is_ready:
            self._notifier.ready(self._summary().text)

    def ready_at_once(self) -> None:
        """Be ready though no bar has gone out: a new start would mend nothing."""
        self._is_ready = True
        self._notifier.ready(self._summary().text)

    def feed(self) -> None:
        """Feed the watchdog whether anything sounds or not."""
        self._notifier.watchdog()

    def goes_on(self) -> None:
        """Another conductor of this process goes on: the daemon does not leave with this one."""
        self._notifier.goes_on = True

    def stopping(self) -> None:
        """The daemon leaves."""
        self._notifier.stopping("Ending every note.")

    def _bar_sounded(self) -> None:
        if not self._is_ready:
            self._is_ready = True
            log.info("The first bar has gone out, %.1f s after the start.", self._clock.now() - self._begun)
            self._notifier.ready(self._summary().text)
