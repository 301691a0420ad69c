"""Whether somebody is there, by the words of a sensor and by the time without one. Pure: moments are handed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reverie.history.presence_store import NOTHING_SAID, SensorWords

Sensed = Literal["here", "away", "lost"]
"""Somebody is there; nobody is; the sensor has said nothing for so long that it counts as dead."""


@dataclass(frozen=True, slots=True)
class PresenceRules:
    """After so many seconds without anybody nobody is there; after so many without a word the sensor is dead.

    With ``holds``, a sensor says once that somebody is there, and once that nobody is any more. Nobody is there: the
    music is thinned to ``fewest`` voices at this factor of ``density``, or it ``rests``. ``sensor`` tells sensors
    apart: of another one, what the one before said is nothing.
    """

    away: float = 600.0
    lost: float = 12 * 3600.0
    holds: bool = False
    rests: bool = False
    density: float = 0.6
    fewest: int = 1
    sensor: str = ""


class PresenceSense:
    """Keeps what a sensor said. Time counts only while it is open: at night nobody is missed.

    A night ends the time alone, and not the silence: a sensor that is dead says nothing for days, however short they
    are.

    Args:
        rules: How words are taken.
        now: The monotonic moment at which somebody is taken to be there, until a word comes.
        words: What was said before that, by the same sensor.
    """

    def __init__(self, rules: PresenceRules, now: float, words: SensorWords = NOTHING_SAID) -> None:
        self.rules = rules
        self._looked = now
        self._alone = 0.0
        said = words if words.sensor == rules.sensor else NOTHING_SAID
        self._silent, self._held = said.silent, said.held and rules.holds

    @property
    def alone(self) -> float:
        """Seconds of opening since somebody was there last."""
        return self._alone

    @property
    def silent(self) -> float:
        """Seconds of opening since a sensor said anything last."""
        return self._silent

    @property
    def words(self) -> SensorWords:
        """What is to be known of it where it is judged by other rules, or by another life."""
        return SensorWords(self._silent, self._held, self.rules.sensor)

    def heard(self, *, there: bool) -> None:
        """The sensor says that somebody is there, or that nobody is."""
        self._silent = 0.0
        if there or self._held:
            self._alone = 0.0
        self._held = there and self.rules.holds

    def take(self, rules: PresenceRules) -> PresenceSense:
        """The same sense by other rules, of what is known of the sensor; it has been alone for as long."""
        sense = PresenceSense(rules, self._looked, self.words)
        if rules.sensor == self.rules.sensor:
            sense._alone = self._alone
        return sense

    def look(self, now: float, *, is_open: bool) -> Sensed:
        """What is to be believed at a moment."""
        gone, self._looked = max(now - self._looked, 0.0), now
        if is_open:
            self._silent += gone
        self._alone = self._alone + gone if is_open and not self._held else 0.0
        if self._silent >= self.rules.lost:
            return "lost"
        return "away" if self._alone >= self.rules.away else "here"
