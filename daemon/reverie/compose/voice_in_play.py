"""A voice while its scene plays: its line, what the player has of it, and what becomes of it when its scene changes."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from reverie.compose.evolution import Evolution, Placement, VoicePlan
from reverie.compose.guard import adapt
from reverie.compose.stalled import Stalled
from reverie.compose.turns import Hears, hears_nothing, turns
from reverie.music.notes import Loop

Renewal = Literal["soon", "next"]
"""From when on a voice's queue is renewed: with a mutation from the present loop's next turn, or after that loop."""
REMEMBERED = 32
"""Bars that have sounded and may still be heard: one that imitates them may be composed so much later."""


@dataclass(slots=True)
class VoiceInPlay:
    """A line, and what the player has of it.

    ``sent`` is all that the player has and may still play, in the order of the bars in which it begins: what begins in
    the same bar as another takes its place there. ``stale`` are those of these bars in which something waits that the
    line knows nothing of any more; where it begins after all, it counts again. ``gone`` is what sounded in the bars
    that others may still hear.
    """

    line: Evolution
    reserve: Iterator[tuple[str, Loop]]
    sent: list[Placement] = field(default_factory=list[Placement])
    gone: list[Placement] = field(default_factory=list[Placement])
    stale: set[int] = field(default_factory=set[int])
    asked: bool = False
    held: bool = False
    renewal: Renewal | None = None
    stalled: Stalled = field(default_factory=Stalled)

    @property
    def placements(self) -> list[Placement]:
        """What the line goes on from: all that was sent and is not stale."""
        return [one for one in self.sent if one.start_bar not in self.stale]

    def ahead(self, bar: int) -> int:
        """How many loops wait beyond the one that sounds in scene bar ``bar``; its turns over other chords are one."""
        return sum(placement.start_bar > bar and placement.leads for placement in self.placements)

    def present(self, bar: int) -> Placement | None:
        """What sounds in scene bar ``bar``: what began last, even if it is over and is repeated."""
        return next((one for one in reversed(self.sent) if one.start_bar <= bar), None)

    def will_sound(self, bar: int) -> Placement | None:
        """What is to sound in scene bar ``bar``, once what is stale has been placed anew; or what did sound in it."""
        return next((one for one in reversed([*self.gone, *self.placements]) if one.start_bar <= bar), None)

    @property
    def last_placed(self) -> Placement | None:
        """The first turn that is known of what was placed last."""
        found: Placement | None = None
        for one in reversed([*self.gone, *self.placements]):
            if found is not None and one.original[0] != found.original[0]:
                break
            found = one
        return found

    def place(self, placement: Placement, hears: Hears = hears_nothing) -> list[Placement]:
        """Give the player a loop, turn by turn where chords change, and again over whatever is stale while it plays.

        Args:
            placement: the loop.
            hears: what it has to suit.

        Returns:
            What the player has to be told.
        """
        self.stale.discard(placement.start_bar)
        told: list[Placement] = []
        for one in turns(self.line.plan, placement, hears):
            if not one.leads:
                self.stale.discard(one.start_bar)
            told.append(one)
            for bar in sorted(stale for stale in self.stale if one.start_bar < stale < one.end_bar):
                left = max((one.end_bar - bar) // one.loop.bars, 1)
                told += turns(self.line.plan, replace(one, start_bar=bar, times=left), hears)
        for one in told:
            self.send(one)
        return told

    def send(self, placement: Placement) -> None:
        """The player gets this as well."""
        self.sent = [one for one in self.sent if one.start_bar != placement.start_bar]
        insort(self.sent, placement, key=lambda one: one.start_bar)

    def go_on(self, bar: int) -> None:
        """Scene bar ``bar`` sounds: forget what the player has forgotten, which is all before what sounds in it."""
        present = self.present(bar)
        if present is not None:
            self.gone += [one for one in self.sent if one.start_bar < present.start_bar]
            self.sent = [one for one in self.sent if one.start_bar >= present.start_bar]
        last = next((one for one in reversed(self.gone) if one.start_bar <= bar - REMEMBERED), None)
        self.gone = self.gone if last is None else [one for one in self.gone if one.start_bar >= last.start_bar]
        self.stale = {start for start in self.stale if start > bar}

    def take_over(self, before: VoiceInPlay, bar: int) -> None:
        """Go on, from scene bar ``bar`` on, where the same voice was before its scene was changed.

        A voice that is as it was goes on as if nothing had happened. Where only its evolution is another, its line
        goes on, and what waits is composed anew. Else what sounds is bent to what the voice is now, goes on to the end
        of its turn, and a new line follows, which begins with the primer. What is derived from the harmony is made for
        its very bars, so there the new line begins at once.
        """
        plan, old = self.line.plan, before.line.plan
        self.held = before.held
        self.gone = [one for one in (*before.gone, *before.sent) if one.start_bar < bar]
        if _evolution_aside(plan, old) != old:
            self.line.temperature = before.line.temperature
            self.line.steps_taken = before.line.steps_taken
            if not self.line.derives or self.line.writes:
                self._bend(before.present(bar), bar)
            return
        self.line = before.line
        self.line.plan = plan
        self.reserve = before.reserve
        self.sent, self.stale, self.gone = before.sent, before.stale, before.gone
        self.stalled = before.stalled
        self.renewal = before.renewal
        self.go_on(bar)
        if replace(plan, scene_hash=old.scene_hash) != old:
            self.renewal = self.renewal or "next"

    def _bend(self, present: Placement | None, bar: int) -> None:
        """Play what sounded, as far as the voice may, to the end of its turn."""
        loop = present and adapt(present.loop, self.line.plan.recipe("reset", 0, bar))
        if present is None or loop is None:
            return
        start = bar
        if (loop.bars, loop.metre) == (present.loop.bars, present.loop.metre):
            start = bar - (bar - present.start_bar) % loop.bars
        placement = Placement(present.recipe, loop, start, 1)
        for one in turns(self.line.plan, placement):
            self.send(one)
        self.line.end_bar = placement.end_bar


def _evolution_aside(plan: VoicePlan, old: VoicePlan) -> VoicePlan:
    """The plan with the other's evolution: what a line can change on its way."""
    return replace(
        plan,
        scene_hash=old.scene_hash,
        hold=old.hold,
        then=old.then,
        temperature=old.temperature,
        candidates=old.candidates,
        strictness=old.strictness,
        relations=old.relations,
        touch=old.touch,
        first=old.first,
        novelty=old.novelty,
        settings=old.settings,
        turns=old.turns,
    )
