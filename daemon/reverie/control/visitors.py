"""Who of the visitors may do what, how often, and whose turn it is. Pure: the time is handed in by a clock.

A visitor is known by a random word that their browser keeps. Whoever throws it away is a new visitor, so the address
counts as well: a school class behind one router has several times as much as one person, and yet leaves wishes and
places in the queue to those who come from elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from reverie.allowance import Allowance
from reverie.site.visitor_rules import VisitorAct, VisitorRules

ELSEWHERE = 15.0
"""Seconds without a question from a visitor's browser after which they have gone away."""
MOST_WAITING = 50
"""Visitors in the queue; whoever comes then is asked to come again."""
BEHIND_ONE_ADDRESS = 4
"""So many times a person's wishes one address has, if that is no more than its share."""
SHARE = 3
"""One address has this part of all wishes at most, and yet as many as a person."""
WAITING_AT_ONE_ADDRESS = 10
"""Visitors in the queue who come from one address; the others of them come again later."""
MOST_VOTERS = 500
PRESSED, PRESSED_AT_ONCE = 10.0, 20.0
"""Buttons of a contour that are pressed a second, and at once: they are played, and are no wishes."""

Refusal = Literal["not-allowed", "not-your-turn", "too-often", "too-many", "queue-full"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at the page: the random word of their browser, and the address or network from which they come.

    Of many that nobody can tell apart, as those of a proxy which does not say for whom it asks, the address has no
    share of its own: it may have all.
    """

    word: str
    address: str
    of_many: bool = False


@dataclass(slots=True)
class _VisitorsTurn:
    """Who plays, and since when the turn counts: not before somebody else waits."""

    word: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a visitor stands: whether they may play now, else in how many seconds (None: unknown), and who waits."""

    may: bool
    seconds: float | None = None
    waiting: int = 0
    plays: bool = False

    @property
    def as_json(self) -> dict[str, Any]:
        """Plain data for the page."""
        return {
            "yours": self.plays,
            "may": self.may,
            "seconds": None if self.seconds is None else round(self.seconds, 1),
            "waiting": self.waiting,
        }


@dataclass(slots=True)
class Visitors:
    """Those who are at the page now. What is counted of anybody is bounded, however many come."""

    rules: VisitorRules
    clock: Callable[[], float]
    _seen: dict[str, float] = field(default_factory=dict[str, float])
    _queue: dict[str, str] = field(default_factory=dict[str, str])  # address by word, in the order of turns
    _turn: _VisitorsTurn | None = None
    _votes: dict[str, str] = field(default_factory=dict[str, str])
    _own: Allowance = field(init=False)
    _there: Allowance = field(init=False)
    _all: Allowance = field(init=False)
    _presses: Allowance = field(init=False)

    def rules_are(self, rules: VisitorRules) -> None:
        """These rules hold from now on."""
        self.rules = rules
        self.__post_init__()

    def __post_init__(self) -> None:
        """Nobody has wished for anything yet."""
        own, every = self.rules.per_person, self.rules.per_minute
        there = max(own, min(own * BEHIND_ONE_ADDRESS, every / SHARE))
        self._own = Allowance(own / 60, max(own / 3, 1.0), self.clock)
        self._there = Allowance(there / 60, max(there / 3, 1.0), self.clock)
        self._all = Allowance(every / 60, max(every / 3, 1.0), self.clock)
        self._presses = Allowance(PRESSED, PRESSED_AT_ONCE, self.clock)

    def see(self, visitor: Visitor) -> Standing:
        """A visitor's browser asks how things stand, which says that they are still there."""
        now = self.clock()
        if visitor.word in self._seen or self._waits(visitor.word):
            self._seen[visitor.word] = now
        self._settle()
        return self.standing(visitor)

    def standing(self, visitor: Visitor) -> Standing:
        """How a visitor stands."""
        if self.rules.together != "queue":
            return Standing(may=True)
        now, turn, word = self.clock(), self._turn, visitor.word
        if turn is None or turn.word == word:
            left = None if turn is None or turn.until is None else max(turn.until - now, 0.0)
            return Standing(True, left, len(self._queue), plays=turn is not None)
        ahead = [*self._queue].index(word) if word in self._queue else len(self._queue)
        left = self.rules.turn if turn.until is None else max(turn.until - now, 0.0)
        return Standing(False, left + ahead * self.rules.turn, len(self._queue))

    def wait(self, visitor: Visitor) -> Standing | Refusal:
        """A visitor wants a turn: at once where nobody has one, else after those who wait already."""
        if self.rules.together != "queue":
            return self.standing(visitor)
        self._settle()
        word, now = visitor.word, self.clock()
        if self._turn is None:
            self._turn = _VisitorsTurn(word)
        elif self._turn.word != word and word not in self._queue:
            if not self._has_place(visitor):
                return "queue-full"
            self._queue[word] = visitor.address
            if self._turn.until is None:
                self._turn.until = now + self.rules.turn
        self._seen[word] = now
        return self.standing(visitor)

    def leave(self, visitor: Visitor) -> None:
        """A visitor gives the turn, or the place in the queue, away."""
        self._seen.pop(visitor.word, None)
        self._settle()

    def may(self, visitor: Visitor, act: VisitorAct) -> Refusal | None:
        """Why a visitor may not do this now; None where they may, and then it counts as done."""
        if act not in self.rules.allow:
            return "not-allowed"
        if self.rules.together == "queue":
            standing = self.wait(visitor)
            if not isinstance(standing, Standing):
                return standing
            if not standing.may:
                return "not-your-turn"
        if act == "contour":
            return None if self._presses.take(visitor.address) else "too-often"
        if not self._own.take(visitor.word) or not (visitor.of_many or self._there.take(visitor.address)):
            return "too-often"
        return None if self._all.take("") else "too-many"

    def vote(self, visitor: Visitor, mood: str) -> None:
        """A visitor wishes for a mood, where moods are voted on; the last wish of each counts."""
        self._votes.pop(visitor.word, None)
        self._votes[visitor.word] = mood
        if len(self._votes) > MOST_VOTERS:
            del self._votes[next(iter(self._votes))]

    @property
    def votes(self) -> Mapping[str, int]:
        """How many wish for which mood."""
        return Counter(self._votes.values())

    def count_votes(self) -> str | None:
        """At a bar line: the mood with most wishes, and of several the one that was wished for first; None without."""
        votes, self._votes = self._votes, {}
        counted = Counter(votes.values())
        return max(counted, key=lambda mood: counted[mood]) if counted else None

    def _has_place(self, visitor: Visitor) -> bool:
        """Whether the queue has a place left, and those of the visitor's address have not enough of them."""
        there = sum(address == visitor.address for address in self._queue.values())
        return len(self._queue) < MOST_WAITING and (visitor.of_many or there < WAITING_AT_ONE_ADDRESS)

    def _waits(self, word: str) -> bool:
        return word in self._queue or (self._turn is not None and self._turn.word == word)

    def _settle(self) -> None:
        """Forget who has gone away, and let the next one play where a turn is over."""
        now = self.clock()
        self._seen = {word: at for word, at in self._seen.items() if now - at < ELSEWHERE and self._waits(word)}
        self._queue = {word: address for word, address in self._queue.items() if word in self._seen}
        turn = self._turn
        if turn is None:
            return
        if not self._queue:
            turn.until = None
            self._turn = turn if turn.word in self._seen else None
        elif turn.word not in self._seen or (turn.until is not None and now >= turn.until):
            first = next(iter(self._queue))
            del self._queue[first]
            self._turn = _VisitorsTurn(first, now + self.rules.turn if self._queue else None)


@dataclass(frozen=True, slots=True)
class PlayAnswer:
    """What a visitor is told of a wish: a key of the page's texts, what stands in it, and from which bar it is heard.

    Bars of the scene count from 1. Without a bar it is heard at once, or not at all.
    """

    ok: bool
    key: str
    params: Mapping[str, str | float] = field(default_factory=dict[str, "str | float"])
    from_bar: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def as_json(self) -> dict[str, Any]:
        """Plain data for the page."""
        says = {"key": self.key, "params": dict(self.params)}
        return {"ok": self.ok, "from_bar": self.from_bar, "says": says, **self.more}


class Playable(Protocol):
    """What visitors play with; nothing of it may wait."""

    def state(self, visitor: Visitor) -> Mapping[str, Any]:
        """What may be done here, by this visitor, and what there is to play with."""
        ...

    def wish(self, act: VisitorAct, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        """A visitor wants something."""
        ...

    def turn(self, visitor: Visitor, *, leave: bool = False) -> PlayAnswer:
        """A visitor wants a turn, or gives it away."""
        ...
