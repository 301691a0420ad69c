"""Dreams, and what a stack of them comes to in any bar: how much of each mood, and which mood rules.

Pure: a stack answers the same for the same bar, whoever asks and when, and equal stacks say the same. Whatever changes
it (another dream, an awakening) makes another stack.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

OWN = ""
"""The name of no mood: the scene as it is by itself."""
MARGIN = 0.2
"""By how much another mood must weigh more than the one that rules, to rule in its place: so that two dreams of about
the same weight do not change places over and over. A dream of weight 0.6 thus takes over from the scene itself."""
MOST_BARS = 1_000_000
"""Bars of the longest dream: weeks."""
REMEMBERED = 64
"""Bars for which a dream that is over is remembered: what was composed before may still be asked for."""
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Dream:
    """A mood for some bars, from scene bar ``first_bar`` on; it may lie before the scene's first.

    Over the first ``blend`` bars it rises to its ``weight`` (0 to 1), over the last as many it falls. ``number`` tells
    it from others, ``source`` who wanted it, and ``text`` is what they said.
    """

    mood: str
    weight: float
    first_bar: int
    bars: int
    blend: int = 1
    number: int = 0
    source: str = ""
    text: str = ""

    @property
    def end_bar(self) -> int:
        """The first bar that is no longer its."""
        return self.first_bar + self.bars

    def level(self, bar: int) -> float:
        """How much of it there is in a bar: 0 up to its weight."""
        steps = min(bar - self.first_bar + 1, self.end_bar - bar, self.blend)
        return self.weight * (max(steps, 0) / self.blend)

    def falling(self, bar: int) -> bool:
        """Whether it has begun to end in a bar, or is over."""
        return self.end_bar - bar < self.blend

    def ending(self, bar: int) -> Dream:
        """The same, but from a bar on it falls, as fast as it would have anyway, from wherever it has come to."""
        steps = max(min(bar - self.first_bar, self.end_bar - bar + 1, self.blend), 1)
        return self if self.falling(bar) else replace(self, bars=max(bar - self.first_bar, 0) + steps - 1)


@dataclass(frozen=True, slots=True)
class MoodStack:
    """Dreams that are dreamt together.

    Up to bar ``since`` the mood ``ruled`` ruled, from bar ``ruled_from`` on, whatever came before.
    """

    dreams: tuple[Dream, ...] = ()
    since: int = 0
    ruled: str = OWN
    ruled_from: int = 0

    def weights(self, bar: int) -> Mapping[str, float]:
        """The weight of each mood in a bar; what is left to 1 is the scene's own.

        Moods share: where their dreams come to more than 1 together, each has its part of it, and the scene has none.
        """
        levels: dict[str, float] = {}
        for dream in self.dreams:
            if level := dream.level(bar):
                levels[dream.mood] = levels.get(dream.mood, 0.0) + level
        whole = max(sum(levels.values()), 1.0)
        return {mood: level / whole for mood, level in levels.items()}

    def ruling(self, bar: int) -> str:
        """The mood that decides what cannot be blended; :data:`OWN` where the scene itself does."""
        return self.reign(bar)[1]

    def reign(self, bar: int) -> tuple[int, str]:
        """The same, after the bar from which on it rules."""
        return next((reign for reign in reversed(_reigns(self)) if reign[0] <= bar), (self.ruled_from, self.ruled))

    def changes(self, after: int) -> Iterator[int]:
        """The bars later than ``after`` in which another mood begins to rule."""
        yield from (first for first, _ in _reigns(self) if first > after)

    def living(self, bar: int) -> tuple[Dream, ...]:
        """The dreams that are not over in a bar, also those that are to begin; in the order in which they came."""
        return tuple(dream for dream in self.dreams if dream.end_bar > bar and dream.bars > 0)

    def having(self, dream: Dream) -> MoodStack:
        """With one more dream. What is over for long is forgotten."""
        kept = self.settled(dream.first_bar - REMEMBERED)
        return replace(kept, dreams=(*kept.dreams, dream))

    def awake(self, bar: int, which: Callable[[Dream], bool]) -> MoodStack:
        """The same, but some dreams end from a bar on; those that have not begun by then, never begin."""
        dreams = (dream.ending(bar) if which(dream) else dream for dream in self.dreams)
        return replace(self, dreams=tuple(dream for dream in dreams if dream.bars > 0))

    def settled(self, bar: int) -> MoodStack:
        """The same from a bar on, without what is over by then."""
        kept = tuple(dream for dream in self.dreams if dream.end_bar > bar)
        first, ruled = self.reign(bar)
        return self if kept == self.dreams else MoodStack(kept, bar, ruled, first)

    def moved(self, bars: int, moods: Collection[str]) -> MoodStack:
        """The same in another scene, whose bar 0 is bar ``bars`` of this one; it has these moods, others end there."""
        kept = tuple(
            replace(dream, first_bar=dream.first_bar - bars)
            for dream in self.dreams
            if dream.mood in moods and dream.end_bar > bars
        )
        first, ruled = self.reign(bars)
        return MoodStack(kept, 0, ruled, first - bars) if ruled in moods else MoodStack(kept)


@lru_cache(maxsize=16)
def _reigns(stack: MoodStack) -> tuple[tuple[int, str], ...]:
    """From which bar on another mood rules, and which."""
    reigns: list[tuple[int, str]] = []
    rules = stack.ruled
    for bar in _moving(stack):
        weights = stack.weights(bar)
        shares = {OWN: max(1.0 - sum(weights.values()), 0.0), **weights}
        most = max(shares, key=lambda mood: shares[mood])
        gone = rules != OWN and rules not in weights
        if most != rules and (gone or shares[most] >= shares.get(rules, 0.0) + MARGIN - _TINY):
            rules = most
            reigns.append((bar, rules))
    return tuple(reigns)


def _moving(stack: MoodStack) -> list[int]:
    """The bars in which a weight is otherwise than in the bar before: no other can change who rules."""
    bars = {stack.since}
    for dream in stack.dreams:
        bars.update(range(dream.first_bar, min(dream.first_bar + dream.blend, dream.end_bar)))
        bars.update(range(max(dream.end_bar - dream.blend, dream.first_bar), dream.end_bar + 1))
    return sorted(bar for bar in bars if bar >= stack.since)


def blended(own: float, wanted: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """A value between the scene's ``own`` and what moods want (by their names), each by its weight.

    A mood that ``wanted`` does not name wants what the scene has.
    """
    return own + sum((wanted.get(mood, own) - own) * weight for mood, weight in weights.items())


def effective_blend(blend: int, bars: int) -> int:
    """The bars over which a dream of so many bars rises: not more than half of them, so that it comes to its weight."""
    return max(min(blend, bars // 2), 1)
