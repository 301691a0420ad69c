"""A bar in which some schedules play and others rest, wherever it is: schedules begin anew after thousands of bars.

Bars that suit one schedule are residues of its length; a bar that suits all of them is what the Chinese remainder
theorem is about. Lengths that have no factor in common leave each other any choice, so that only what they have in
common is tried. That is exact, and needs no look at the bars one by one, of which there can be more than anybody waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import gcd, lcm

from reverie.music.time import Schedule

NEAR = 10_000
"""Bars that are looked at one by one, for the first of them to be named: some hours of music."""
PATIENCE = 20_000
"""Attempts after which nobody knows: only lengths made for it, such as multiples of many primes, need more."""

Suitable = Mapping[int, frozenset[int]]
"""By a length of bars, the bars of it that suit."""


class UndecidedError(Exception):
    """Whether there is such a bar would take too long to find out."""


def common_bar(playing: Iterable[Schedule], resting: Iterable[Schedule]) -> int | None:
    """A bar (from 0) in which all of ``playing`` play and all of ``resting`` rest; None where there is none.

    It is the first such bar if that is among the first :data:`NEAR`, else any of those far off.

    Raises:
        UndecidedError: if that would take too long.
    """
    suitable: dict[int, frozenset[int]] = {}
    for plays, schedules in ((True, playing), (False, resting)):
        for schedule in schedules:
            length = schedule.every or 1
            bars = _bars_of(schedule) if plays else frozenset(range(length)) - _bars_of(schedule)
            suitable[length] = suitable.get(length, bars) & bars
    for length in sorted(suitable):
        whole = next((longer for longer in suitable if longer > length and longer % length == 0), None)
        if whole is not None:
            bars = suitable.pop(length)
            suitable[whole] = frozenset(bar for bar in suitable[whole] if bar % length in bars)
    if not all(suitable.values()):
        return None
    for bar in range(min(lcm(*suitable), NEAR)):
        if all(bar % length in bars for length, bars in suitable.items()):
            return bar
    found = _Search(suitable).extended(0, 1, sorted(suitable)) if lcm(*suitable) > NEAR else None
    return None if found is None else found[0]


def _bars_of(schedule: Schedule) -> frozenset[int]:
    """The bars (from 0) of its length in which it plays."""
    if not schedule.every:
        return frozenset({0})
    return frozenset(bar for first, last in schedule.spans for bar in range(first - 1, last))


class _Search:
    def __init__(self, suitable: Suitable) -> None:
        self._suitable = suitable
        self._left = PATIENCE
        self._known: dict[tuple[int, int], dict[int, int]] = {}

    def extended(self, bar: int, length: int, lengths: Sequence[int]) -> tuple[int, int] | None:
        """A bar that suits all lengths, among those that are ``bar`` modulo ``length``; and the length after which.

        Raises:
            UndecidedError: if that takes too long.
        """
        self._left -= 1
        if self._left < 0:
            raise UndecidedError
        for group in _linked(lengths, length):
            found = self._of_group(bar, length, group)
            if found is None:
                return None
            bar, length = _both(bar, length, *found)
        return bar, length

    def _of_group(self, bar: int, length: int, group: Sequence[int]) -> tuple[int, int] | None:
        if len(group) == 1:
            [only] = group
            shared = gcd(only, length)
            suiting = self._by_residue(only, shared).get(bar % shared)
            return None if suiting is None else (suiting, only)
        shared = min(common for common in _common(group) if length % common)
        step = lcm(length, shared)
        for candidate in range(bar, bar + step, length):
            if not all(candidate % gcd(one, step) in self._by_residue(one, gcd(one, step)) for one in group):
                continue
            found = self.extended(candidate, step, group)
            if found is not None:
                return found
        return None

    def _by_residue(self, length: int, shared: int) -> Mapping[int, int]:
        """The first bar that suits, by its residue."""
        if (length, shared) not in self._known:
            bars = sorted(self._suitable[length], reverse=True)
            self._known[length, shared] = {bar % shared: bar for bar in bars}
        return self._known[length, shared]


def _common(lengths: Sequence[int]) -> Iterator[int]:
    """What two of the lengths have in common."""
    return (gcd(one, other) for number, one in enumerate(lengths) for other in lengths[:number])


def _linked(lengths: Sequence[int], length: int) -> list[list[int]]:
    """The lengths in groups; bars of different groups are free of each other once they are known modulo ``length``."""
    groups: list[list[int]] = []
    for one in lengths:
        near = [group for group in groups if any(length % gcd(one, other) for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([one, *(other for group in near for other in group)])
    return groups


def _both(bar: int, length: int, other: int, other_length: int) -> tuple[int, int]:
    """The bar that is both, as the Chinese remainder theorem has it; the two are the same modulo what they share."""
    shared = gcd(length, other_length)
    times = (other - bar) // shared * pow(length // shared, -1, other_length // shared) % (other_length // shared)
    return bar + times * length, lcm(length, other_length)
