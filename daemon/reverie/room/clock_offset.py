"""How far another machine's clock is ahead of ours, from questions that it answers.

As NTP has it (RFC 5905, section 8): of the four moments of a question and its answer the offset is the mean of the two
differences, and is wrong by half the round trip at most. Of the latest exchanges those count whose round trip is the
shortest, as what has waited in a queue has waited on one way mostly; an older one counts less, since clocks drift. The
offset is the mean of the best few: whichever way something waited, the next one may have waited on the other.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

KEPT = 48
"""Exchanges among which the best are chosen."""
BEST = 8
"""One in so many exchanges counts."""
TINY = 1e-6
"""Seconds than which no way is believed to be shorter."""
DRIFT = 1e-4
"""By how much two clocks may drift apart, a share: quartz is within 50 millionths, and there are two."""


@dataclass(frozen=True, slots=True)
class ClockExchange:
    """A question and its answer: what the other clock is ahead, in seconds, and how long both were under way."""

    offset: float
    round_trip: float
    moment: float

    def error(self, now: float) -> float:
        """Seconds by which the offset may be wrong by now."""
        return self.round_trip / 2 + DRIFT * (now - self.moment)


class ClockOffset:
    """The offset of one other clock. Moments are monotonic seconds."""

    def __init__(self) -> None:
        self._kept: deque[ClockExchange] = deque(maxlen=KEPT)
        self._best: ClockExchange | None = None

    @property
    def known(self) -> ClockExchange | None:
        """The best exchange, with the mean offset of the best few; None before the first."""
        return self._best

    def learn(self, asked: float, came: float, sent: float, back: float) -> None:
        """A question that left at ``asked`` was answered by ``back`` (our clock); the other had it from ``came`` on."""
        round_trip = (back - asked) - (sent - came)
        if round_trip < 0 or sent < came:
            return
        self._kept.append(ClockExchange(((came - asked) + (sent - back)) / 2, round_trip, back))
        ranked = sorted(self._kept, key=lambda one: one.error(back))
        good = ranked[: max(len(ranked) // BEST, 1)]
        best, weights = ranked[0], [1 / max(one.error(back), TINY) ** 2 for one in good]
        mean = sum(one.offset * weight for one, weight in zip(good, weights, strict=True)) / sum(weights)
        offset = min(max(mean, best.offset - best.error(back)), best.offset + best.error(back))
        self._best = replace(best, offset=offset)

    def forget(self) -> None:
        """The other clock is another: its machine has started anew."""
        self._kept.clear()
        self._best = None
